"""Keys of the tables in RocksDB: byte order is the order by account, then seq.

An account may hold any character, NUL too: it is escaped as in FoundationDB's tuple layer, so that no
account's rows ever lie among those of another.
"""

from __future__ import annotations

from typing import Final

ACCOUNT: Final = b"a"
STATEMENT: Final = b"s"
VERSION: Final = b"v"

_SEQ_BYTES: Final = 8


def escape(account: str) -> bytes:
    """What stands for the account in keys; it ends the account's part of the key."""
    return account.encode().replace(b"\0", b"\0\xff") + b"\0"


def account_key(escaped: bytes) -> bytes:
    """Key of the account's balances."""
    return ACCOUNT + escaped


def statement_key(escaped: bytes, seq: int) -> bytes:
    """Key of the account's entry ``seq``."""
    return STATEMENT + escaped + seq.to_bytes(_SEQ_BYTES, "big")


def key_of(*parts: str) -> bytes:
    """Key of several texts: byte order is the order by them, one after the other."""
    joined = "\0".join(parts) + "\0"
    if joined.count("\0") == len(parts):
        return joined.encode()
    return b"".join([escape(part) for part in parts])
