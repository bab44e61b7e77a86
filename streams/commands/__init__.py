"""The commands of ``keyday``, one file each."""
