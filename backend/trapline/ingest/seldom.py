"""What goes on happening is said once in a while, with how often it was: a log that repeats itself is not read."""


class Seldom:
    """One kind of line: the first at once, later ones at least `every_s` apart. `now` is monotonic seconds."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._said_at: float | None = None
        self._untold = 0

    def count(self, now: float) -> int | None:
        """Counts one. Returns how many a line due now is about, this one included, or None when none is due."""
        self._untold += 1
        if self._said_at is not None and now - self._said_at < self._every_s:
            return None
        self._said_at, untold, self._untold = now, self._untold, 0
        return untold
