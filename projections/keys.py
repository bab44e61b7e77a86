"""Keys of the tables in RocksDB: byte order is the order by account, then unit or seq.

An account may hold any character, NUL too: it is escaped as in FoundationDB's tuple layer, so that no
account's rows ever lie among those of another.
"""

from __future__ import annotations

from typing import Final

BALANCE: Final = b"b"
HEAD: Final = b"h"
STATEMENT: Final = b"s"
VERSION: Final = b"v"

_SEQ_BYTES: Final = 8


def account_prefix(table: bytes, account: str) -> bytes:
    """What all keys of the account in the table begin with."""
    return table + account.encode().replace(b"\0", b"\0\xff") + b"\0"


def head_key(account: str) -> bytes:
    """Key of what is known about an account as a whole."""
    return account_prefix(HEAD, account)


def balance_key(account: str, unit: str) -> bytes:
    """Key of a balance."""
    return account_prefix(BALANCE, account) + unit.encode()


def statement_key(account: str, seq: int) -> bytes:
    """Key of the account's entry ``seq``."""
    return account_prefix(STATEMENT, account) + seq.to_bytes(_SEQ_BYTES, "big")


def table_end(table: bytes) -> bytes:
    """The smallest key behind all keys of a table."""
    return table + b"\xff"
