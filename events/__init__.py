"""The facts of Keyday: what came in and what was decided, as pure data."""
