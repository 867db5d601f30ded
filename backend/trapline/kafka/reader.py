"""Reading a topic from its beginning, without a group and without committing.

Caught up means: the position has reached the end offset that was seen at the start. Transaction markers occupy
offsets and are never delivered, so the position is taken from librdkafka's end-of-partition event, not from the
last record.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from trapline.kafka import config
from trapline.kafka.records import Input
from trapline.protocol.errors import KafkaUnavailable
from trapline.protocol.topics import Topic
from trapline.settings import Settings

_BATCH = 5_000


class Follower:
    """Follows all partitions of a topic (or the ones named) for ever: from the beginning on, or from what was written
    `since` (aware UTC, by the records' timestamps)."""

    def __init__(
        self,
        settings: Settings,
        topic: Topic,
        partitions: Iterable[int] | None = None,
        *,
        since: datetime | None = None,
    ) -> None:
        self._consumer = Consumer({**config.consumer(settings, group=None), "enable.partition.eof": True})
        try:
            self._behind = self._begin(topic, partitions, since)
        except KafkaException as error:
            self._consumer.close()
            raise KafkaUnavailable(f"{topic.name}: {error.args[0].str()}") from error

    def _begin(self, topic: Topic, partitions: Iterable[int] | None, since: datetime | None) -> dict[int, int]:
        if partitions is None:
            partitions = self._consumer.list_topics(topic.name, timeout=10).topics[topic.name].partitions
        ends: dict[int, int] = {}
        for partition in partitions:
            offsets = self._consumer.get_watermark_offsets(TopicPartition(topic.name, partition), timeout=10)
            if offsets is None:
                raise KafkaUnavailable(f"{topic.name}/{partition}: the end offset cannot be read")
            low, high = offsets
            if high > low:
                ends[partition] = high
        begin = [TopicPartition(topic.name, p, OFFSET_BEGINNING) for p in partitions]
        if since is not None:
            at_ms = int(since.timestamp() * 1000)
            asked = [TopicPartition(topic.name, each.partition, at_ms) for each in begin]
            begin = self._consumer.offsets_for_times(asked, timeout=10)
            for each in begin:
                if each.offset < 0 or each.offset >= ends.get(each.partition, 0):  # nothing since then
                    ends.pop(each.partition, None)
        self._consumer.assign(begin)
        return ends

    @property
    def is_caught_up(self) -> bool:
        """True once everything that was in the topic at the start has been returned by `poll`."""
        return not self._behind

    def poll(self, timeout_s: float) -> list[Input]:
        """What is there, after waiting at most `timeout_s` for the first record."""
        first = self._consumer.poll(timeout_s)
        if first is None:
            return []
        return [
            record
            for message in [first, *self._consumer.consume(_BATCH, 0)]
            if (record := self._take(message)) is not None
        ]

    def _take(self, message: Message) -> Input | None:
        record = as_input(message)
        partition, position = message.partition(), message.offset()
        if partition is not None and position is not None:
            reached = position if record is None else position + 1
            if reached >= self._behind.get(partition, reached + 1):
                del self._behind[partition]
        return record

    def close(self) -> None:
        self._consumer.close()


def as_input(message: Message) -> Input | None:
    """A delivered message as Input; None for an end-of-partition event. Raises KafkaUnavailable for an error."""
    error = message.error()
    if error is not None:
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  (librdkafka's public name for it)
            return None
        raise KafkaUnavailable(f"{message.topic()}: {error.str()}")
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None and partition is not None and offset is not None  # noqa: PT018  (a delivered record)
    key, value = message.key(), message.value()
    return Input(topic, partition, offset, _octets(key) or b"", _octets(value))


def _octets(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def read_to_end(
    settings: Settings, topic: Topic, partitions: Iterable[int] | None = None, *, since: datetime | None = None
) -> Iterator[Input]:
    """Everything that the partitions (all, or the ones named) hold now, oldest first within a partition.

    `since`: as of Follower.
    """
    follower = Follower(settings, topic, partitions, since=since)
    try:
        while not follower.is_caught_up:
            yield from follower.poll(1.0)
    finally:
        follower.close()
