"""What was lost, and what must be remembered: the adapter of `blind` and `state`.

- A start is blind from the last sign of life on, unless the sockets are those of the run before: then the kernel
  queued, and what it dropped meanwhile is lost; and, when that run was killed, what it had in memory, which nobody
  counted.
- A sign of life says that what came before it is stored: with datagrams waiting in memory it is as old as the oldest.
- Once a second the counters are read and the state is written. The peers' clocks, which may be many, are written every
  ten seconds, and at the next second when an engine is new: forgotten, it would be believed again whatever it says.
- A disk that takes none of it is said and no more: traps go to Kafka without it, and the old files stay. A start that
  cannot be counted is that of an engine with an ID of its own, because boots that come twice would let old informs in.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from trapline.ingest import blind, state
from trapline.ingest.diary import Diary
from trapline.ingest.listener import Listener
from trapline.ingest.seldom import Seldom
from trapline.ingest.trap_id import TrapIds, new_run
from trapline.protocol.alerts import BlindInterval
from trapline.snmp import EngineClocks, LocalEngine

_SYNC_TICKS: Final = 30
_CLOCK_TICKS: Final = 10
_SAY_EVERY_S: Final = 60.0

_log = logging.getLogger("trapline.ingest")


def utc_now() -> datetime:
    return datetime.now(UTC)


class Watch:
    """`home`: ingest's own directory. Made once the sockets are there; counts this start as an engine boot."""

    def __init__(self, home: Path, listener: Listener) -> None:
        self._home = home
        self._listener = listener
        self._state = state.load(home / "state.json")
        self._state.engine_boots += 1
        self.started_at = utc_now()
        self.blind = blind.BlindLog(self._state.untold)
        self.clocks = EngineClocks(state.load_clocks(home / "clocks.json"))
        self._diary = Diary(home)
        self.repeats = self._diary.repeats
        self.ids = TrapIds(new_run(), self._state.last_trap_id)
        drops = listener.drops()
        self._note_start(drops)
        self._state.is_finished = False
        self._at_start = sum(drops.values())
        self._kernel = blind.DropWatch(self.started_at, drops)
        self._spool = blind.DropWatch(self.started_at, {})
        self._ticks = 0
        self._engines_kept = 0
        self._refusals = Seldom(_SAY_EVERY_S)
        is_counted = self.save(sync=True)
        engine_id, boots = self._state.engine_id, self._state.engine_boots
        self.engine = LocalEngine(
            bytes.fromhex(engine_id if is_counted else state.new_engine_id()),
            boots if is_counted else 1,
            self.started_at.timestamp(),
        )

    @property
    def kernel_dropped(self) -> int:
        """Datagrams that the kernel dropped in this run."""
        return sum(self._listener.drops().values()) - self._at_start

    def tick(self, spool_dropped: int) -> None:
        """Once a second. `spool_dropped`: records that neither disk nor Kafka took, so far."""
        self._ticks += 1
        self.check(spool_dropped)
        if self._ticks % _CLOCK_TICKS == 0 or self.clocks.learnt != self._engines_kept:
            self.save_clocks(sync=False)
        self.save(sync=self._ticks % _SYNC_TICKS == 0)

    def check(self, spool_dropped: int) -> None:
        """Notes what was lost since the last check."""
        now = utc_now()
        for interval in (
            self._kernel.check(now, blind.KERNEL, self._listener.drops()),
            self._spool.check(now, blind.SPOOL, {"spool": spool_dropped}),
        ):
            if interval is not None:
                self.blind.add(interval)
                _log.warning("%s traps were lost: %s", interval.lost, interval.reason)

    def finish(self) -> None:
        """Writes the state for good; the run ends in order when nothing waits in memory."""
        self._state.is_finished = not self._listener.arrived.is_set()
        self.save_clocks(sync=True)
        self.save(sync=True)

    def save(self, *, sync: bool) -> bool:
        """Writes the state, and before it the repeats. Whether the state is on disk."""
        self._attempt(self._diary.save)
        waiting_since_us = self._listener.waiting_since_us
        self._state.last_alive_at = (
            utc_now() if waiting_since_us is None else datetime.fromtimestamp(waiting_since_us / 1e6, UTC)
        )
        self._state.last_trap_id = self.ids.last
        self._state.kernel_drops = self._kernel.counters
        self._state.untold = self.blind.untold
        return self._attempt(lambda: state.save(self._home / "state.json", self._state, sync=sync))

    def save_clocks(self, *, sync: bool) -> None:
        """Writes the peers' clocks."""
        learnt = self.clocks.learnt
        if self._attempt(lambda: state.save(self._home / "clocks.json", self.clocks.export(), sync=sync)):
            self._engines_kept = learnt

    def _attempt(self, write: Callable[[], None]) -> bool:
        try:
            write()
        except OSError as error:
            times = self._refusals.count(time.monotonic())
            if times is not None:
                often = "" if times == 1 else f" ({times} times since the last such line)"
                _log.error("%s takes no state%s: %s; make room on the disk", self._home, often, error.strerror)
            return False
        return True

    def _note_start(self, drops: dict[str, int]) -> None:
        now, last_alive_at = self.started_at, self._state.last_alive_at
        if last_alive_at is None or last_alive_at >= now:
            return
        if drops.keys() <= self._state.kernel_drops.keys():
            while_away = blind.DropWatch(last_alive_at, self._state.kernel_drops).check(now, blind.KERNEL, drops)
            if while_away is not None:
                self.blind.add(while_away)
            if not self._state.is_finished:
                self.blind.add(BlindInterval(from_at=last_alive_at, to_at=now, reason=blind.KILLED))
        else:
            self.blind.add(BlindInterval(from_at=last_alive_at, to_at=now, reason=blind.NOT_RUNNING))
