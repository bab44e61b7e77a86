from __future__ import annotations

import random

import pytest
from aiokafka.partitioner import DefaultPartitioner

from streams.engine.partitioner import partition_of


def test_keys_go_where_aiokafka_and_so_kafkas_own_clients_put_them() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice, theirs = random.Random(seed), DefaultPartitioner()
    for size in (*range(20), *dice.choices(range(300), k=500)):
        key, partitions = dice.randbytes(size), dice.randint(1, 1000)
        everywhere = list(range(partitions))
        assert partition_of(key, partitions) == theirs(key, everywhere, everywhere), (key, partitions)


#: Kafka's own test of its hash (org.apache.kafka.common.utils.UtilsTest).
HASHES = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


@pytest.mark.parametrize("key", HASHES)
def test_hashes_are_those_that_kafka_tests_for(key: bytes) -> None:
    assert partition_of(key, 2**31) == HASHES[key] & 0x7FFFFFFF
