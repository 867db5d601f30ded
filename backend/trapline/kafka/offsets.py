"""Where partitions begin and end, and how far a group has come. One request for all partitions of a question."""

from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # public, but not in __all__

from trapline.kafka import config
from trapline.protocol.errors import KafkaUnavailable
from trapline.settings import Settings

_TIMEOUT_S = 5.0

Place = tuple[str, int]


class Committed(NamedTuple):
    """What a group has committed for a partition: the offset that it reads next, and the words beside it."""

    offset: int
    words: str


def place(partition: TopicPartition) -> Place:
    """Topic and partition number."""
    return partition.topic, partition.partition


class Offsets:
    """Asks Kafka. Each question raises KafkaUnavailable when it is not answered within five seconds."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = AdminClient(config.admin(settings))
        self._asking: dict[str, Consumer] = {}

    def oldest(self, partitions: Iterable[Place]) -> dict[Place, int]:
        """The offset of the oldest record that is still there."""
        return self._list(partitions, OffsetSpec.earliest())

    def ends(self, partitions: Iterable[Place]) -> dict[Place, int]:
        """The offset that the next record will have."""
        return self._list(partitions, OffsetSpec.latest())

    def _list(self, partitions: Iterable[Place], spec: OffsetSpec) -> dict[Place, int]:
        wanted = {TopicPartition(topic, number): spec for topic, number in partitions}
        if not wanted:
            return {}
        try:
            futures = self._admin.list_offsets(wanted, request_timeout=_TIMEOUT_S)
            return {place(each): int(future.result(_TIMEOUT_S).offset) for each, future in futures.items()}
        except (KafkaException, TimeoutError) as error:
            raise KafkaUnavailable(f"offsets cannot be read: {_why(error)}") from error

    def committed(self, group: str, topics: Iterable[str]) -> dict[Place, Committed]:
        """What a group has committed of these topics; nothing where it never did. We do not join the group."""
        try:
            # Not by the admin client: librdkafka's kills the process where the group's coordinator is not there yet.
            asking = self._asking.get(group)
            if asking is None:
                asking = self._asking[group] = Consumer(config.consumer(self._settings, group))
            partitions = [
                TopicPartition(topic, number)
                for topic in topics
                for number in asking.list_topics(topic, timeout=_TIMEOUT_S).topics[topic].partitions
            ]
            found = asking.committed(partitions, timeout=_TIMEOUT_S) if partitions else []
        except KafkaException as error:
            raise KafkaUnavailable(f"the offsets of {group} cannot be read: {_why(error)}") from error
        return {place(each): Committed(each.offset, each.metadata or "") for each in found if each.offset >= 0}


def _why(error: Exception) -> str:
    return str(error.args[0].str()) if isinstance(error, KafkaException) else "no answer"
