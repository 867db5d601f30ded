"""What should be retired, found out now and then: anybody may ask, and with 10,000 targets it takes a second or more.

Whoever asks meanwhile gets the same answer. It is found out again after a second, or after twenty times as long as it
took: a twentieth of a core at most, however many ask.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from trapline.protocol.upkeep import RetirementProposal

_SHORTEST_S: Final = 1.0
_REST: Final = 20

Find = Callable[[], Sequence[RetirementProposal]]


class Proposing:
    """`find` runs in a thread: it gets no view of what changes."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._found: Sequence[RetirementProposal] = ()
        self._again_at = 0.0

    def forget(self) -> None:
        """What the answer rests on is another one."""
        self._again_at = 0.0

    async def ask(self, find: Find) -> Sequence[RetirementProposal]:
        """The answer that holds, or a new one by `find`."""
        async with self._lock:
            if time.monotonic() >= self._again_at:
                began = time.monotonic()
                self._again_at = float("inf")
                try:
                    self._found = await asyncio.to_thread(find)
                except BaseException:
                    self.forget()
                    raise
                rest = max(_SHORTEST_S, _REST * (time.monotonic() - began))
                if self._again_at:  # not forgotten meanwhile
                    self._again_at = time.monotonic() + rest
            return self._found
