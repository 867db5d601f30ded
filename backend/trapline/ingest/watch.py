"""What was lost, and what must be remembered: the adapter of `blind` and `state`.

- A start is blind from the last sign of life on, unless the sockets are those of the run before: then the kernel
  queued, and what it dropped meanwhile is lost; and, when that run was killed, what it had in memory, which nobody
  counted.
- A sign of life says that what came before it is stored: with datagrams waiting in memory it is as old as the oldest.
- Once a second the counters are read and the state is written. The peers' clocks, which may be many, are written every
  ten seconds, and at the next second when an engine is new: forgotten, it would be believed again whatever it says.
"""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from trapline.ingest import blind, state
from trapline.ingest.listener import Listener
from trapline.ingest.trap_id import TrapIds, new_run
from trapline.protocol.records import BlindInterval
from trapline.snmp import EngineClocks, LocalEngine

_SYNC_TICKS: Final = 30
_CLOCK_TICKS: Final = 10

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
        self.ids = TrapIds(new_run(), self._state.last_trap_id)
        drops = listener.drops()
        self._note_start(drops)
        self._state.is_finished = False
        self._at_start = sum(drops.values())
        self._kernel = blind.DropWatch(self.started_at, drops)
        self._spool = blind.DropWatch(self.started_at, {})
        self._ticks = 0
        self._engines_kept = 0
        self.save(sync=True)

    @property
    def engine(self) -> LocalEngine:
        """Our own SNMP engine in this run."""
        engine_id = bytes.fromhex(self._state.engine_id)
        return LocalEngine(engine_id, self._state.engine_boots, self.started_at.timestamp())

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

    def save(self, *, sync: bool) -> None:
        """Writes the state."""
        waiting_since_us = self._listener.waiting_since_us
        self._state.last_alive_at = (
            utc_now() if waiting_since_us is None else datetime.fromtimestamp(waiting_since_us / 1e6, UTC)
        )
        self._state.last_trap_id = self.ids.last
        self._state.kernel_drops = self._kernel.counters
        self._state.untold = self.blind.untold
        state.save(self._home / "state.json", self._state, sync=sync)

    def save_clocks(self, *, sync: bool) -> None:
        """Writes the peers' clocks."""
        self._engines_kept = self.clocks.learnt
        state.save(self._home / "clocks.json", self.clocks.export(), sync=sync)

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
