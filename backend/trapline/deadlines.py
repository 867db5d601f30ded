"""When something next falls due, by key: an alert that expires, a cell whose trend fades. Pure: the clock is given."""

import heapq
from collections.abc import Iterator
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K", str, tuple[int, str])
_SLACK = 1_000


class Deadlines(Generic[K]):
    """One moment for each key: the last that was said of it."""

    def __init__(self) -> None:
        self._due: dict[K, datetime] = {}
        self._queue: list[tuple[datetime, K]] = []

    def watch(self, key: K, at: datetime | None) -> None:
        """From now on the key is due at `at`, or never."""
        if at is None:
            self._due.pop(key, None)
        elif self._due.get(key) != at:
            self._due[key] = at
            heapq.heappush(self._queue, (at, key))
            # A moment that was put off stays in the queue until it comes; what is put off again and again must not.
            if len(self._queue) > 2 * len(self._due) + _SLACK:
                self._queue = [(due, each) for each, due in self._due.items()]
                heapq.heapify(self._queue)

    def take(self, now: datetime, most: int | None = None) -> Iterator[K]:
        """Up to `most` keys that are due, the longest due first; each is due no more until it is watched again."""
        while self._queue and self._queue[0][0] <= now and most != 0:
            at, key = heapq.heappop(self._queue)
            if self._due.get(key) == at:
                del self._due[key]
                most = None if most is None else most - 1
                yield key
