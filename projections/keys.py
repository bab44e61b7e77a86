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
#: Behind all keys that begin with a prefix and end with a number.
LAST: Final = b"\xff" * (_SEQ_BYTES + 1)


def escape(account: str) -> bytes:
    """What stands for the account in keys; it ends the account's part of the key."""
    return account.encode().replace(b"\0", b"\0\xff") + b"\0"


def account_key(escaped: bytes) -> bytes:
    """Key of the account's balances."""
    return ACCOUNT + escaped


def statement_key(escaped: bytes, seq: int) -> bytes:
    """Key of the account's entry ``seq``."""
    return numbered(STATEMENT + escaped, seq)


def numbered(prefix: bytes, number: int) -> bytes:
    """Key that ends with a number from 0 on: byte order is the order by it."""
    return prefix + number.to_bytes(_SEQ_BYTES, "big")


def number_of(key: bytes) -> int:
    """The number that a key ends with."""
    return int.from_bytes(key[-_SEQ_BYTES:], "big")


def behind_number(key: bytes, prefix: bytes) -> bytes:
    """What stands behind the prefix and the number in a key."""
    return key[len(prefix) + _SEQ_BYTES :]


def key_of(*parts: str) -> bytes:
    """Key of several texts: byte order is the order by them, one after the other."""
    joined = "\0".join(parts) + "\0"
    if joined.count("\0") == len(parts):
        return joined.encode()
    return b"".join([escape(part) for part in parts])
