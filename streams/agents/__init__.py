"""The keyed agents: thin, each the single writer of its entities."""
