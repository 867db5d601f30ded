"""The tallies of a stage's input partitions, while it runs: `protocol.tally` says what they are. Pure.

- Senders are counted each for itself in the order in which they come, as long as there is room; from then on those that
  are new are OTHERS. So no count ever shrinks, and every sum is exact.
- What was committed by another version and cannot be read is begun anew: it says since when it counts.
"""

from collections import defaultdict
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from trapline.protocol import codec
from trapline.protocol.errors import RecordError
from trapline.protocol.tally import EXPIRED, OTHERS, TALLY_OCTETS, Tally

# An outcome's name of 12, a count of 15 digits, and JSON's punctuation.
_OCTETS_AN_OUTCOME: Final = 32
# The times, and OTHERS with ten outcomes.
_OCTETS_RESERVED: Final = 100 + 10 * _OCTETS_AN_OUTCOME


class Gap(NamedTuple):
    """`lost` records were deleted unread; the last that was read before them was committed at `from_at`."""

    from_at: datetime
    lost: int


class _Counts:
    """Of one partition."""

    def __init__(self, tally: Tally | None = None) -> None:
        self.since = None if tally is None else tally.since
        self.committed_at = None if tally is None else tally.at
        self.by_sender = {} if tally is None else {sender: dict(each) for sender, each in tally.counts.items()}
        self._room = TALLY_OCTETS - _OCTETS_RESERVED
        for sender, outcomes in self.by_sender.items():
            if sender != OTHERS:
                self._room -= _octets(sender) + len(outcomes) * _OCTETS_AN_OUTCOME

    def add(self, sender: str, outcome: str, times: int) -> None:
        outcomes = self.by_sender.get(sender)
        if outcomes is None or outcome not in outcomes:
            outcomes = self._make_room(sender, outcomes)
        outcomes[outcome] = outcomes.get(outcome, 0) + times

    def _make_room(self, sender: str, outcomes: dict[str, int] | None) -> dict[str, int]:
        if sender != OTHERS:
            wanted = _OCTETS_AN_OUTCOME + (_octets(sender) if outcomes is None else 0)
            if wanted > self._room:
                sender = OTHERS
            else:
                self._room -= wanted
        return self.by_sender.setdefault(sender, {})


class Tallies:
    """By topic and partition number."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], _Counts] = defaultdict(_Counts)
        self._gaps: list[Gap] = []

    def restore(self, topic: str, partition: int, committed: str) -> None:
        """Goes on from what was committed with the partition's offset ("": nothing was)."""
        with suppress(RecordError):
            self._counts[topic, partition] = _Counts(codec.decode(committed.encode(), Tally))

    def count(self, topic: str, partition: int, sender: str, outcome: str, times: int = 1) -> None:
        """One record of this partition (or several) came from `sender` and became `outcome`."""
        self._counts[topic, partition].add(sender, outcome, times)

    def expire(self, topic: str, partition: int, lost: int, now: datetime) -> None:
        """Counts records that Kafka deleted before they were read."""
        self.count(topic, partition, OTHERS, EXPIRED, lost)
        self._gaps.append(Gap(self._counts[topic, partition].committed_at or now, lost))

    def take_gap(self) -> Gap | None:
        """All that was lost at this start, once: whoever takes it tells it with the records that it commits next."""
        gaps, self._gaps = self._gaps, []
        return Gap(min(each.from_at for each in gaps), sum(each.lost for each in gaps)) if gaps else None

    def committed(self, topic: str, partition: int, now: datetime) -> str:
        """What is to be kept with the partition's next offset."""
        counts = self._counts[topic, partition]
        counts.since = counts.since or now
        return codec.encode(Tally(since=counts.since, at=now, counts=counts.by_sender)).decode()


def _octets(sender: str) -> int:
    return len(msgspec.json.encode(sender)) + 4
