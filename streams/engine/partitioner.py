"""The partition of a key, as Kafka's default partitioner chooses it."""

from __future__ import annotations

from functools import lru_cache
from struct import unpack_from
from typing import Final

_SEED: Final = 0x9747B28C
_FACTOR: Final = 0x5BD1E995
_32_BITS: Final = 0xFFFF_FFFF
_31_BITS: Final = 0x7FFF_FFFF


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key: its murmur2 hash without the sign, modulo their number."""
    return (_murmur2(key) & _31_BITS) % partitions


def _murmur2(data: bytes) -> int:
    """The 32-bit MurmurHash2 of Kafka's clients: four bytes at a time, which aiokafka's takes one by one."""
    size = len(data)
    result = _SEED ^ size
    for word in unpack_from(f"<{size >> 2}I", data):
        mixed = word * _FACTOR & _32_BITS
        result = (result * _FACTOR ^ (mixed ^ mixed >> 24) * _FACTOR) & _32_BITS
    if size & 3:
        result = (result ^ int.from_bytes(data[size & ~3 :], "little")) * _FACTOR & _32_BITS
    result = (result ^ result >> 13) * _FACTOR & _32_BITS
    return result ^ result >> 15
