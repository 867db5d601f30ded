"""The door to Kafka, on a real broker: exactly once in effect, and catching up past transaction markers."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.running_broker import RunningBroker
from tests.running_node import wait_until
from trapline.kafka.admin import ensure_topics
from trapline.kafka.offsets import Offsets
from trapline.kafka.producer import Producer
from trapline.kafka.reader import Follower, read_to_end
from trapline.kafka.records import Input, Output
from trapline.kafka.stage import Stage
from trapline.kafka.tallies import Tallies
from trapline.protocol import codec, topics
from trapline.protocol.errors import KafkaUnavailable, SettingError
from trapline.protocol.tally import OTHERS, Tally
from trapline.protocol.topics import Topic
from trapline.settings import Settings

pytestmark = pytest.mark.kafka

_ASK = """
from trapline.kafka.offsets import Offsets
from trapline.protocol.errors import KafkaUnavailable
from trapline.settings import load
offsets = Offsets(load())
while True:
    try:
        print(offsets.committed("trapline-track", ["alerts"]))
        break
    except KafkaUnavailable:  # the group has no coordinator yet
        pass
"""


@pytest.fixture
def kafka(kafka: RunningBroker) -> Settings:
    """The settings that lead to the broker of this run."""
    return kafka.settings


class Doubling:
    """A processor that copies each record, and tells the test what happened."""

    def __init__(self, output: Topic, *, wanted: int, after_batch: Callable[[], None] = lambda: None) -> None:
        self.output, self.wanted, self.after_batch = output, wanted, after_batch
        self.tallies = Tallies()
        self.done = 0
        self.assignments: list[list[int]] = []
        self.when_assigned: Callable[[], None] = lambda: None
        self.stop = threading.Event()

    def assigned(self, partitions: Sequence[int]) -> None:
        self.assignments.append(list(partitions))
        self.when_assigned()

    def process(self, batch: Sequence[Input]) -> Sequence[Output]:
        self.after_batch()
        self.done += len(batch)
        for record in batch:
            self.tallies.count(record.topic, record.partition, record.key.decode(), "doubled")
        if self.done >= self.wanted:
            self.stop.set()  # the loop commits this batch first
        return [Output(self.output, record.key.decode(), record.value, record.partition) for record in batch]


def _topics(settings: Settings) -> tuple[Topic, Topic, str]:
    name = uuid4().hex[:8]
    source, sink = Topic(f"in-{name}", 3_600_000), Topic(f"out-{name}", 3_600_000)
    ensure_topics(settings, [source, sink])
    return source, sink, name


def _fill(settings: Settings, topic: Topic, count: int) -> None:
    producer, failures = Producer(settings), []
    for n in range(count):
        producer.send(topic, f"key-{n % 17}", b"%d" % n, lambda error: failures.append(error) if error else None)
    assert producer.flush(20) == 0
    assert failures == []


def _values(settings: Settings, topic: Topic) -> list[int]:
    partitions = range(settings.kafka_partitions)
    return sorted(int(record.value or b"") for record in read_to_end(settings, topic, partitions))


@contextmanager
def _watchdog(processor: Doubling) -> Iterator[None]:
    timer = threading.Timer(60, processor.stop.set)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def test_every_record_comes_out_once_and_in_its_partition(kafka: Settings) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 5_000)
    processor = Doubling(sink, wanted=5_000)

    with _watchdog(processor):
        Stage(kafka, name, [source], processor).run(processor.stop)

    assert list(range(5_000)) == _values(kafka, sink)
    assert [list(range(kafka.kafka_partitions))] == processor.assignments


def test_a_stage_that_dies_between_processing_and_commit_repeats_nothing(kafka: Settings) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 3_000)
    first = Doubling(sink, wanted=3_000)

    def die_in_the_second_batch() -> None:
        if first.done:
            raise RuntimeError("killed here")

    first.after_batch = die_in_the_second_batch
    with _watchdog(first), pytest.raises(RuntimeError, match="killed here"):
        Stage(kafka, name, [source], first).run(first.stop)
    second = Doubling(sink, wanted=3_000 - first.done)

    with _watchdog(second):
        Stage(kafka, name, [source], second).run(second.stop)

    assert 0 < first.done < 3_000
    assert list(range(3_000)) == _values(kafka, sink)


def test_the_clock_is_asked_when_all_that_was_there_is_read_and_its_answer_is_committed(kafka: Settings) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 3_000)
    processor, asked_after = Doubling(sink, wanted=1 << 30), list[int]()
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def due(now: datetime) -> list[Output]:
        asked_after.append(processor.done)
        if len(asked_after) == 3:
            processor.stop.set()
        assert now == noon
        return [Output(sink, "clock", b"-1", 0)]

    with _watchdog(processor):
        Stage(kafka, name, [source], processor, due=due, clock=lambda: noon).run(processor.stop)

    assert [3_000] * 3 == asked_after
    assert [-1, -1, -1, *range(3_000)] == _values(kafka, sink)


def test_a_stage_that_was_replaced_cannot_commit_any_more(kafka: Settings) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 10)
    successor = Doubling(sink, wanted=10)

    def be_replaced() -> None:
        # The successor's init_transactions fences the one that is processing right now.
        thread = threading.Thread(target=Stage(kafka, name, [source], successor).run, args=[successor.stop])
        threads.append(thread)
        thread.start()
        fenced.wait(5)

    threads: list[threading.Thread] = []
    fenced = threading.Event()
    successor.when_assigned = fenced.set
    first = Doubling(sink, wanted=10, after_batch=be_replaced)

    with (
        _watchdog(first),
        _watchdog(successor),
        pytest.raises(KafkaUnavailable, match="cannot go on and starts afresh"),
    ):
        Stage(kafka, name, [source], first).run(first.stop)
    threads[0].join(30)

    assert list(range(10)) == _values(kafka, sink)


def test_a_stage_that_is_given_other_partitions_ends_and_what_was_read_before_is_not_done_twice(
    kafka: Settings,
) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 2_000)
    ones = [Doubling(sink, wanted=10_000) for _ in range(3)]
    stages = [Stage(replace(kafka, node_name=node), name, [source], one) for node, one in zip("aba", ones, strict=True)]
    second = threading.Thread(target=stages[1].run, args=[ones[1].stop])
    ones[0].after_batch = lambda: None if second.is_alive() else second.start()

    with _watchdog(ones[0]), pytest.raises(KafkaUnavailable, match="partitions are assigned anew"):
        stages[0].run(ones[0].stop)
    again = threading.Thread(target=stages[2].run, args=[ones[2].stop])
    again.start()
    _fill(kafka, source, 2_000)
    wait_until(lambda: len(_values(kafka, sink)) >= 4_000, 60, "both instances have done everything")
    for one in ones:
        one.stop.set()
    second.join(20)
    again.join(20)

    assert sorted([*range(2_000), *range(2_000)]) == _values(kafka, sink)
    assert [0, 1, 2, 3] == sorted(partition for one in ones[1:] for partition in one.assignments[0])


def test_a_follower_is_caught_up_although_the_last_offset_is_a_transaction_marker(kafka: Settings) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 3)
    processor = Doubling(sink, wanted=3)
    with _watchdog(processor):
        Stage(kafka, name, [source], processor).run(processor.stop)

    follower = Follower(kafka, sink)
    before = follower.is_caught_up
    seen: list[Input] = []
    for _ in range(100):
        seen += follower.poll(0.5)
        if follower.is_caught_up:
            break
    follower.close()

    assert not before
    assert follower.is_caught_up
    assert [b"0", b"1", b"2"] == sorted(record.value or b"" for record in seen)


def test_a_follower_of_an_empty_topic_is_caught_up_at_once(kafka: Settings) -> None:
    _, sink, _ = _topics(kafka)

    follower = Follower(kafka, sink)

    assert follower.is_caught_up
    follower.close()


def test_a_broker_that_is_not_there_is_named(kafka: Settings) -> None:
    nowhere = replace(kafka, kafka_bootstrap="127.0.0.1:9")

    with pytest.raises(KafkaUnavailable, match=r"Kafka at 127\.0\.0\.1:9 does not answer"):
        ensure_topics(nowhere, patience_s=1)


def test_a_full_local_queue_is_an_error_for_the_caller_not_a_lost_record(kafka: Settings) -> None:
    nowhere = replace(kafka, kafka_bootstrap="127.0.0.1:9", kafka_client={"queue.buffering.max.messages": "5"})
    producer = Producer(nowhere, message_timeout_s=1)
    reports: list[KafkaUnavailable | None] = []

    with pytest.raises(KafkaUnavailable, match="local queue is full"):
        for _ in range(10):
            producer.send(Topic("anything", None), "k", b"v", reports.append)
    producer.flush(10)

    assert 5 == len(reports)
    assert all(isinstance(report, KafkaUnavailable) for report in reports)


def test_topics_keyed_by_target_with_different_partitions_are_refused_with_their_numbers(
    own_kafka: RunningBroker,
) -> None:
    settings = own_kafka.settings
    ensure_topics(replace(settings, kafka_partitions=2), [topics.ALERTS])

    with pytest.raises(SettingError, match="alerts 2, commands 4"):
        ensure_topics(settings, [topics.ALERTS, topics.COMMANDS])


def _tallied(settings: Settings, source: Topic, name: str) -> dict[str, int]:
    """By key, what the stage's group has committed with its offsets."""
    total: dict[str, int] = {}
    for committed in Offsets(settings).committed(f"trapline-{name}", [source.name]).values():
        for key, outcomes in codec.decode(committed.words.encode(), Tally).counts.items():
            total[key] = total.get(key, 0) + sum(outcomes.values())
    return total


def test_what_is_counted_is_what_is_committed_also_when_a_stage_dies(kafka: Settings) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 3_400)
    first = Doubling(sink, wanted=3_400)

    def die_in_the_second_batch() -> None:
        if first.done:
            raise RuntimeError("killed here")

    first.after_batch = die_in_the_second_batch
    with _watchdog(first), pytest.raises(RuntimeError, match="killed here"):
        Stage(kafka, name, [source], first).run(first.stop)
    counted_before = sum(_tallied(kafka, source, name).values())
    second = Doubling(sink, wanted=3_400 - first.done)
    with _watchdog(second):
        Stage(kafka, name, [source], second).run(second.stop)

    assert first.done == counted_before
    assert {f"key-{n}": 200 for n in range(17)} == _tallied(kafka, source, name)


def test_the_offsets_of_a_group_can_be_asked_for_before_anything_was_committed_by_anybody(
    own_kafka: RunningBroker,
) -> None:
    """In a process of its own: librdkafka's admin client ends the whole process here."""
    ensure_topics(own_kafka.settings, [topics.ALERTS])
    asked = subprocess.run(
        [sys.executable, "-c", _ASK], env=own_kafka.environment, capture_output=True, text=True, timeout=60, check=False
    )

    assert (0, "{}") == (asked.returncode, asked.stdout.strip()), asked.stderr


def test_what_retention_deleted_before_it_was_read_is_said_and_counted(
    kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 100)
    before = Doubling(sink, wanted=100)
    with _watchdog(before):
        Stage(kafka, name, [source], before).run(before.stop)
    _fill(kafka, source, 100)  # while the stage is away
    ends = Offsets(kafka).ends((source.name, number) for number in range(kafka.kafka_partitions))
    _fill(kafka, source, 50)
    # What retention does, at once: the broker moves the log's start in the same way.
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    deleted = admin.delete_records([TopicPartition(topic, number, end) for (topic, number), end in ends.items()])
    for future in deleted.values():
        future.result(20)

    after = Doubling(sink, wanted=50)
    with _watchdog(after):
        Stage(kafka, name, [source], after).run(after.stop)

    assert sorted([*range(100), *range(50)]) == _values(kafka, sink)
    assert 100 == _tallied(kafka, source, name)[OTHERS]
    assert "records are lost: Kafka deleted them by retention" in caplog.text


def test_a_topic_that_lost_its_end_is_said_and_read_from_its_beginning(
    kafka: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    source, sink, name = _topics(kafka)
    _fill(kafka, source, 100)
    further = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": f"trapline-{name}"})
    read = [TopicPartition(source.name, number, 7_000) for number in range(kafka.kafka_partitions)]
    further.commit(offsets=read, asynchronous=False)
    further.close()

    stage = Doubling(sink, wanted=100)
    with _watchdog(stage):
        Stage(kafka, name, [source], stage).run(stage.stop)

    assert list(range(100)) == _values(kafka, sink)
    assert "but this stage has read up to 7000: the topic was made anew, or Kafka has lost its end" in caplog.text
