"""Whose clock counts in USM (RFC 3414 sections 2.2 and 3.2): the sender's for traps, ours for INFORMs.

All times are wall clock, seconds since 1970, so that what was learnt still means something after a restart.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

TIME_WINDOW_S: Final = 150
MAX_BOOTS: Final = 2147483647  # latched: an engine at this value is to be trusted no more (RFC 3414 section 2.2.2)


class EngineClock(msgspec.Struct, frozen=True):
    """What was last learnt of a sender's engine: `at` wall time `at`, its boots and its time in seconds."""

    engine_id: str
    boots: int
    time: int
    at: float


class EngineClocks:
    """The clocks of the senders' engines, at most `limit`: past it the one unheard of for longest is forgotten.

    Only what came in an authenticated message gets here, so strangers cannot fill it.
    """

    def __init__(self, clocks: Iterable[EngineClock] = (), *, limit: int = 65_536) -> None:
        self._limit = limit
        self.learnt = 0  # engines that were new, so that the caller can tell that there is something to keep
        self._clocks = {bytes.fromhex(clock.engine_id): (clock.boots, clock.time, clock.at) for clock in clocks}

    def export(self) -> tuple[EngineClock, ...]:
        """All of them, to be kept over a restart: the longest unheard of first."""
        return tuple(EngineClock(engine.hex(), *clock) for engine, clock in self._clocks.items())

    def accept(self, engine_id: bytes, boots: int, time: int, now: float) -> bool:
        """RFC 3414 section 3.2 step 7b: whether an authentic message lies in the window. Learns from it if it is newer.

        The first message of an engine is believed: a receiver of traps has no way to ask (the sender is authoritative).
        """
        known = self._clocks.pop(engine_id, None)
        if known is None and len(self._clocks) >= self._limit:
            del self._clocks[next(iter(self._clocks))]
        self.learnt += known is None
        if known is None or boots > known[0] or (boots == known[0] and time > known[1]):
            self._clocks[engine_id] = (boots, time, now)
            return boots < MAX_BOOTS
        self._clocks[engine_id] = known
        its_time_now = known[1] + max(0.0, now - known[2])
        return boots == known[0] and boots < MAX_BOOTS and time >= its_time_now - TIME_WINDOW_S

    def knows(self, engine_id: bytes) -> tuple[int, int, float] | None:
        """Boots, time and when that was learnt, of one engine."""
        return self._clocks.get(engine_id)


class ArrivalClocks(EngineClocks):
    """The same clocks, for messages that came at `now` and are looked at only later, when more is known.

    What came before the newest that is known is held against it backwards, and teaches nothing: a message from before
    the engine's start is an old one when that start was over by then.
    """

    def __init__(self, clocks: EngineClocks) -> None:
        super().__init__()
        self._known = clocks

    def accept(self, engine_id: bytes, boots: int, time: int, now: float) -> bool:
        known = self._known.knows(engine_id)
        if known is None or now >= known[2]:
            return self._known.accept(engine_id, boots, time, now)
        its_boots, its_time, at = known
        started_at = at - its_time
        if boots == its_boots:
            return time >= now - started_at - TIME_WINDOW_S
        return boots > its_boots or now <= started_at + TIME_WINDOW_S


class LocalEngine:
    """Our own engine: authoritative for INFORMs. `boots` counts our starts, which the caller keeps on disk.

    `started_at` is the wall time of this start; `engine_id` has 5 to 32 octets (RFC 3411, SnmpEngineID).
    """

    def __init__(self, engine_id: bytes, boots: int, started_at: float) -> None:
        if not 5 <= len(engine_id) <= 32:
            raise ValueError(f"an engine ID has 5 to 32 octets, not {len(engine_id)}")
        self.engine_id = engine_id
        self.boots = boots
        self._started_at = started_at

    def time(self, now: float) -> int:
        """snmpEngineTime: whole seconds since this start."""
        return max(0, int(now - self._started_at))

    def accept(self, boots: int, time: int, now: float) -> bool:
        """RFC 3414 section 3.2 step 7a."""
        return boots == self.boots < MAX_BOOTS and abs(time - self.time(now)) <= TIME_WINDOW_S
