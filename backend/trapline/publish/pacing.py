"""When a frame may go: the first change at once, then one frame an interval at most (law 5). Pure.

Times are seconds of any clock that never steps back.
"""


class Pacer:
    """Ask `wait_s` before a frame, tell `sent` after it."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next = float("-inf")

    def wait_s(self, now: float) -> float:
        """Seconds until the next frame may go; 0 for now."""
        return max(0.0, self._next - now)

    def sent(self, now: float) -> None:
        """A frame went at `now`."""
        self._next = now + self._interval_s
