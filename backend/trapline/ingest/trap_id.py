"""Trap ids: minted at receipt, and their text order is arrival order.

14 hex digits of microseconds since 1970, 6 of a sequence within the microsecond, 12 of the ingest run.

- An id is always greater than every one minted before it, also when the wall clock steps back: then the
  microseconds of the last id stay and the sequence counts on.
- A new run starts behind the last id it is told of, so the order holds over restarts as well.
"""

import re
import secrets

_PATTERN = re.compile(r"[0-9a-f]{32}")
_SEQUENCES = 1 << 24


def new_run() -> str:
    """12 random hex digits: two runs never mint the same id."""
    return secrets.token_hex(6)


class TrapIds:
    """Mints ids for one run. `last` is the greatest id of the runs before, if any is known."""

    def __init__(self, run: str, last: str | None = None) -> None:
        self._run = run
        self._us, self._sequence = -1, 0
        if last is not None and _PATTERN.fullmatch(last):
            # The whole microsecond of the last id is taken: its run part could sort behind ours.
            self._us, self._sequence = int(last[:14], 16), _SEQUENCES - 1

    @property
    def last(self) -> str | None:
        """The greatest id so far; of an earlier run until the first one is minted."""
        return None if self._us < 0 else f"{self._us:014x}{self._sequence:06x}{self._run}"

    def mint(self, now_us: int) -> str:
        """The next id. `now_us`: wall clock in microseconds since 1970, which may step back."""
        if now_us > self._us:
            self._us, self._sequence = now_us, 0
        elif self._sequence + 1 < _SEQUENCES:
            self._sequence += 1
        else:
            self._us, self._sequence = self._us + 1, 0
        return f"{self._us:014x}{self._sequence:06x}{self._run}"
