"""The dead letters of all `*-dead` topics: which there are, which were put back, and putting one back. Pure.

- A letter is called by its place: `alerts-dead/2/17` is offset 17 of partition 2.
- Put back is: the record as it was, to the topic, partition and key it came from, together with the mark that it was.
  So it happens once; what dies again is a letter of its own, with its own reason, and counts as one more death.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from trapline.kafka.dead_letter import KEY_LENGTH, VALUE_OCTETS
from trapline.kafka.records import Input, Output
from trapline.protocol import codec, topics
from trapline.protocol.errors import RecordError, SettingError
from trapline.protocol.topics import Topic
from trapline.protocol.traps import DeadLetter

DEAD_TOPICS: Final = (topics.SNMP_TRAPS_DEAD, topics.ALERTS_DEAD, topics.COMMANDS_DEAD)
_BY_NAME: Final = {topic.name: topic for topic in topics.ALL}
_STAGE: Final = "dead-retry"


class Dead(NamedTuple):
    """A letter in its place. `deaths`: how often the same record died, this time included; `retried_at`: put back."""

    topic: Topic
    partition: int
    offset: int
    key: str
    letter: DeadLetter
    deaths: int
    retried_at: datetime | None

    @property
    def name(self) -> str:
        return f"{self.topic.name}/{self.partition}/{self.offset}"


def fold(records: Iterable[Input]) -> list[Dead]:
    """The letters among the records of `*-dead` topics, oldest first. What is no letter is passed over."""
    letters: list[tuple[Input, DeadLetter]] = []
    retried: dict[tuple[str, int, int], datetime] = {}
    for record in records:
        try:
            letter = codec.decode(record.value or b"", DeadLetter)
        except RecordError:
            continue
        if letter.retry_of is None:
            letters.append((record, letter))
        else:
            retried[record.topic, record.partition, letter.retry_of] = letter.recorded_at
    letters.sort(key=lambda each: (each[1].recorded_at, each[0].topic, each[0].partition, each[0].offset))
    deaths: Counter[tuple[str, bytes, bytes]] = Counter()
    found: list[Dead] = []
    for record, letter in letters:
        same = (letter.topic, record.key, sha256(letter.value).digest())
        deaths[same] += 1
        found.append(
            Dead(
                _BY_NAME[record.topic],
                record.partition,
                record.offset,
                record.key.decode(errors="replace"),
                letter,
                deaths[same],
                retried.get((record.topic, record.partition, record.offset)),
            )
        )
    return found


def retry(dead: Dead, now: datetime) -> tuple[Output, Output]:
    """The record as it was, and the mark; to be written together. Raises SettingError when it cannot be put back."""
    topic = _BY_NAME.get(dead.letter.topic)
    if dead.retried_at is not None:
        raise SettingError(
            f"{dead.name} was put back at {dead.retried_at:%Y-%m-%d %H:%M:%S}Z already; where it died again it is a "
            "letter of its own, see `trapline dead list`"
        )
    if topic is None:
        raise SettingError(f"{dead.name} came from {dead.letter.topic!r}, which is no topic of ours; leave it")
    if len(dead.letter.value) >= VALUE_OCTETS or len(dead.key) >= KEY_LENGTH or "\ufffd" in dead.key:
        raise SettingError(
            f"{dead.name} does not hold all of its record; {dead.letter.topic}/{dead.letter.partition} offset "
            f"{dead.letter.offset} has it as long as the topic keeps it"
        )
    mark = DeadLetter(
        reason=f"put back to {dead.letter.topic}",
        stage=_STAGE,
        topic=dead.letter.topic,
        partition=dead.letter.partition,
        offset=dead.letter.offset,
        recorded_at=now,
        retry_of=dead.offset,
    )
    return (
        Output(topic, dead.key, dead.letter.value, dead.letter.partition),
        Output(dead.topic, dead.key, codec.encode(mark), dead.partition),
    )
