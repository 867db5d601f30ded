"""What goes in and out of a stage: one Kafka record each."""

from typing import NamedTuple

from trapline.protocol.topics import Topic


class Input(NamedTuple):
    """A record as it was read. A value of None is a tombstone."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None


class Output(NamedTuple):
    """A record to write. Without a partition the key decides (murmur2, as in Java)."""

    topic: Topic
    key: str
    value: bytes | None
    partition: int | None = None
