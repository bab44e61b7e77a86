"""How the program files of tests begin: one market, and nothing that grants."""

from __future__ import annotations

#: To be followed by more keys of ``[program]``, or by a table.
PROGRAM_TABLE = """[program]
id = "acme"
version = 1
effective_from = 2026-01-01T00:00:00Z
currency = "EUR"
home_tz = "Europe/Paris"
"""
HEAD = f"""{PROGRAM_TABLE}
[markets.FR]
tz = "Europe/Paris"
"""
