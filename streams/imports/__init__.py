"""Other systems' files become events: pure mappings, tables of rows, and a sort that spills to disk."""
