"""When to look at a cell again though nothing happens: a trend fades, planned work begins or ends. Pure."""

import heapq
from collections.abc import Iterator
from datetime import datetime


class Agenda:
    """One moment for each cell: the next."""

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}
        self._queue: list[tuple[datetime, str]] = []

    def note(self, server: str, moments: list[datetime | None]) -> None:
        """The first of these is when to look at the cell again; what was noted before no longer holds."""
        due = min((moment for moment in moments if moment is not None), default=None)
        if due is None:
            self._due.pop(server, None)
        elif self._due.get(server) != due:
            self._due[server] = due
            heapq.heappush(self._queue, (due, server))

    def take(self, now: datetime) -> Iterator[str]:
        """The cells to look at now, each once."""
        while self._queue and self._queue[0][0] <= now:
            due, server = heapq.heappop(self._queue)
            if self._due.get(server) == due:
                del self._due[server]
                yield server
