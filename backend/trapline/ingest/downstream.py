"""What became of the records behind ingest: read from Kafka when somebody asks for the funnel."""

import asyncio
import time
from contextlib import suppress
from typing import Final

from trapline.ingest.funnel import STAGES, Known, Progress
from trapline.kafka.offsets import Offsets, Place
from trapline.protocol import codec, topics
from trapline.protocol.errors import KafkaUnavailable, RecordError
from trapline.protocol.tally import Tally
from trapline.settings import Settings

_FRESH_S: Final = 1.0
_INPUTS: Final = {"normalize": (topics.SNMP_TRAPS.name,), "track": (topics.ALERTS.name, topics.COMMANDS.name)}


class Downstream:
    """Asks at most once a second, however many ask us."""

    def __init__(self, settings: Settings) -> None:
        self._offsets = Offsets(settings)
        self._asking = asyncio.Lock()
        self._known = Known({})
        self._asked_at: float | None = None

    async def look(self) -> Known:
        """What the stages have committed; a sentence when Kafka does not say."""
        async with self._asking:
            if self._asked_at is None or time.monotonic() - self._asked_at > _FRESH_S:
                self._known = await asyncio.to_thread(self._ask)
                self._asked_at = time.monotonic()
            return self._known

    def _ask(self) -> Known:
        try:
            return Known({name: self._progress(name) for name in STAGES})
        except KafkaUnavailable as error:
            return Known({}, f"What the stages behind ingest did is not known now: {error}.")

    def _progress(self, stage: str) -> Progress:
        committed = self._offsets.committed(f"trapline-{stage}", _INPUTS[stage])
        ends = self._offsets.ends(committed)
        tallies: list[Tally] = []
        for each in committed.values():
            with suppress(RecordError):  # committed by a version that did not count
                tallies.append(codec.decode(each.words.encode(), Tally))
        return Progress(
            tuple(tallies), sum(_waiting(each, ends[each] - done.offset) for each, done in committed.items())
        )


def _waiting(partition: Place, behind: int) -> int:
    """Behind the last record of a transaction lies its marker, which nobody reads."""
    return max(0, behind if partition[0] == topics.SNMP_TRAPS.name else behind - 1)
