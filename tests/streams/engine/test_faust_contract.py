"""What Keyday relies on inside faust-streaming and aiokafka, each private thing once.

When an upgrade breaks one of these, ``streams/engine/transport.py`` has to be read again.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version

import aiokafka
from aiokafka.consumer.fetcher import FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import TopicPartitionState
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.producer.message_accumulator import BatchBuilder
from faust import streams
from faust.app.base import App, BootStrategy
from faust.tables import recovery
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.topics import Topic
from faust.transport import drivers
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import ConsumerMessage

from streams.app import build_faust
from streams.engine import fetch, transport
from streams.engine.record import Record
from streams.engine.settings import Settings


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def source(thing: object) -> str:
    return inspect.getsource(thing)  # type: ignore[arg-type]


def test_the_versions_are_the_ones_that_were_read() -> None:
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka") == "0.14.0"


def test_the_entry_point_makes_the_transport_known_by_its_scheme() -> None:
    assert drivers.by_url("keyday://localhost:9092") is transport.Transport


def test_a_message_of_another_generation_is_skipped_by_the_stream() -> None:
    assert "generation_id" in parameters(ConsumerMessage.__init__)
    assert "message.generation_id != self.app.consumer_generation_id" in source(streams)


def test_fetching_passes_through_the_methods_that_are_replaced() -> None:
    assert parameters(Consumer.getmany) == ["self", "timeout"]
    assert parameters(Consumer._getmany) == ["self", "active_partitions", "timeout"]
    assert parameters(Consumer._wait_next_records) == ["self", "timeout"]
    assert parameters(driver.AIOKafkaConsumerThread._fetch_records) == [
        "self",
        "consumer",
        "active_partitions",
        "timeout",
        "max_records",
    ]
    assert "_consumer._max_poll_records" in source(driver.AIOKafkaConsumerThread.getmany)


def test_seeks_and_fetches_run_in_the_consumers_thread_one_after_the_other() -> None:
    thread = driver.AIOKafkaConsumerThread
    assert "call_thread(self._seek_wait" in source(thread.seek_wait)
    assert "self._fetch_records" in source(thread.getmany)
    assert parameters(thread._seek_wait) == ["self", "consumer", "partitions"]
    # A fetch may outlast a rebalance, and is then answered with what was fetched after the seek.
    assert "wait_for_assignment" in source(aiokafka.consumer.fetcher.Fetcher.fetched_records)


def test_the_consumer_is_made_in_one_method_of_the_thread() -> None:
    assert parameters(driver.AIOKafkaConsumerThread._create_worker_consumer) == ["self", "transport"]
    assert "_create_worker_consumer" in source(driver.AIOKafkaConsumerThread._create_consumer)
    assert parameters(driver.Consumer._new_consumer_thread) == ["self"]


def test_commits_ask_new_offset_and_end_in_the_threads_commit() -> None:
    assert "self._new_offset(tp)" in source(Consumer._filter_committable_offsets)
    assert "consumer.commit" in source(driver.AIOKafkaConsumerThread._commit)
    assert "call_thread(self._commit" in source(driver.AIOKafkaConsumerThread.commit)
    for name in ("_acked", "_acked_index", "_read_offset", "_committed_offset"):
        assert f"self.{name}" in source(Consumer)
    assert parameters(Consumer._add_gap) == ["self", "tp", "offset_from", "offset_to"]


def test_recovery_without_tables_seeks_once_and_then_resumes() -> None:
    steps = source(Recovery._resume_streams)
    assert steps.index("perform_seek") < steps.index("resume_flow")
    assert "if not self.tables" in source(recovery)
    assert "broker_request_timeout" in steps


def test_revocation_signals_after_the_flow_was_stopped() -> None:
    steps = source(App._on_partitions_revoked)
    assert steps.index("stop_flow") < steps.index("on_partitions_revoked.send")


def test_the_table_manager_starts_recovery_itself() -> None:
    steps = source(TableManager.on_start)
    assert steps.index("sleep(1.0)") < steps.index("_update_channels") < steps.index("recovery.start")


def test_a_topic_compiles_its_decoder_in_one_method() -> None:
    assert "self.decode" in source(Topic._compile_decode)
    assert hasattr(Topic, "_create_event")


def test_the_boot_strategy_can_leave_out_web_and_producer() -> None:
    assert {"enable_web", "enable_kafka_producer"} <= set(parameters(BootStrategy.__init__))


def test_aiokafka_keeps_position_and_last_stable_offset_per_partition() -> None:
    names = dir(TopicPartitionState)
    assert {"position", "has_valid_position"} <= set(names)
    assert "lso" in source(TopicPartitionState.__init__)
    assert "_subscription" in source(aiokafka.AIOKafkaConsumer.__init__)
    # An empty set would mean every partition: the transport never passes one.
    assert "if partitions and tp not in partitions" in source(
        aiokafka.consumer.fetcher.Fetcher.fetched_records
    )


def test_the_range_assignor_keeps_equal_partitions_of_all_topics_together() -> None:
    from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata  # noqa: PLC0415

    class Cluster:
        def partitions_for_topic(self, _topic: str) -> set[int]:
            return set(range(7))

    topics = ["clock", "customers-inbox", "orders"]
    members = {
        name: ConsumerProtocolMemberMetadata(0, topics, b"") for name in ("worker-b", "worker-a", "worker-c")
    }
    assigned = RangePartitionAssignor.assign(Cluster(), members)
    for assignment in assigned.values():
        partitions = [tuple(parts) for _, parts in assignment.assignment]
        assert len(set(partitions)) == 1


def test_batches_are_filled_past_their_wrappers() -> None:
    ours, theirs = (BatchBuilder(1_000, 0, is_transactional=1) for _ in range(2))
    for number in range(9):
        theirs.append(timestamp=number, key=b"k", value=b"v%d" % number, headers=[("h", b"x")])
        ours._builder.append(number, number, b"k", b"v%d" % number, [("h", b"x")])
    ours._relative_offset = 9
    for batch in (ours, theirs):
        batch.close()

    assert ours.record_count() == theirs.record_count()
    assert ours._build() == theirs._build()


def test_a_full_batch_says_so() -> None:
    append = BatchBuilder(100, 0, is_transactional=1)._builder.append

    assert append(0, 0, b"k", bytes(200), []) is not None
    assert append(1, 0, b"k", b"v", []) is None


def test_consumers_make_records_in_one_place_and_iterate_over_a_generator() -> None:
    fetch.use_light_records()

    assert "self._consumer_record(tp, record)" in source(PartitionRecords._unpack_records)
    assert "self._records_iterator = self._unpack_records()" in source(PartitionRecords.__init__)
    assert "for msg in self._partition_records:" in source(FetchResult.getall)
    assert "next(self._partition_records, None)" in source(FetchResult.getone)


def test_light_records_hold_what_was_sent() -> None:
    class Sent:
        offset, timestamp, key, value, headers = 7, 12, b"k", None, [("h", b"x")]

    fetch.use_light_records()
    made = PartitionRecords._consumer_record(None, aiokafka.TopicPartition("orders", 3), Sent)

    assert made == Record("orders", 3, 7, 12, b"k", None, [("h", b"x")])


def test_the_app_that_hosts_the_agents_serves_no_web_views() -> None:
    app = build_faust(Settings(brokers="localhost:9092"))

    assert not app.conf.web_enabled
    assert list(app.boot_strategy.web_server()) == []
    assert list(BootStrategy(app).web_server()) == [], "what Faust itself makes of the setting"
