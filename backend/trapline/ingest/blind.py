"""When traps could not be received, and that it is told.

- An interval is told by a canary, the oldest first, until that canary came back. So it reaches the glass the way
  every trap does, or is told again.
- Drops seen in consecutive checks are one interval while nobody was told of it yet.
- Intervals not told survive a restart; at most `KEPT` of them, the oldest go.
- A counter of drops is read every now and then: what was dropped was dropped between two readings.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from trapline.protocol.alerts import BlindInterval

KEPT: Final = 50
NOT_RUNNING: Final = "ingest did not run and nobody kept its sockets"
KILLED: Final = "ingest was killed, with what it had received and not yet stored"
KERNEL: Final = "the kernel's receive buffer was full"
SPOOL: Final = "the spool was full or could not be written"

_WRAPS: Final = 1 << 32  # the kernel counts in 32 bits


class BlindLog:
    """Blind intervals that still have to be told."""

    def __init__(self, untold: Iterable[BlindInterval] = ()) -> None:
        self._untold = list(untold)[-KEPT:]
        self._announced: BlindInterval | None = None

    @property
    def untold(self) -> tuple[BlindInterval, ...]:
        """Oldest first."""
        return tuple(self._untold)

    def add(self, interval: BlindInterval) -> None:
        """Notes an interval; one that goes on from the last is joined with it."""
        last = self._untold[-1] if self._untold else None
        if (
            last is not None
            and last is not self._announced
            and last.reason == interval.reason
            and interval.from_at <= last.to_at
        ):
            lost = None if last.lost is None or interval.lost is None else last.lost + interval.lost
            self._untold[-1] = BlindInterval(
                from_at=last.from_at, to_at=max(last.to_at, interval.to_at), reason=last.reason, lost=lost
            )
        else:
            self._untold.append(interval)
            del self._untold[:-KEPT]

    def announce(self) -> BlindInterval | None:
        """What the next canary tells."""
        self._announced = self._untold[0] if self._untold else None
        return self._announced

    def told(self, interval: BlindInterval | None) -> None:
        """A canary that told this came back."""
        if interval in self._untold:
            self._untold.remove(interval)


class DropWatch:
    """Counters of dropped datagrams, by the name of what counts: a socket, or the spool."""

    def __init__(self, checked_at: datetime, counters: Mapping[str, int]) -> None:
        self._checked_at = checked_at
        self.counters = dict(counters)

    def check(self, now: datetime, reason: str, counters: Mapping[str, int]) -> BlindInterval | None:
        """The interval since the last check, if something was dropped in it. A new counter starts at 0."""
        lost = sum((count - self.counters.get(name, 0)) % _WRAPS for name, count in counters.items())
        from_at, self._checked_at, self.counters = min(self._checked_at, now), now, dict(counters)
        return BlindInterval(from_at=from_at, to_at=now, reason=reason, lost=lost) if lost else None
