"""Exact repeats: the digests of the messages that were authentic within USM's window.

RFC 3414 leaves a message that comes twice within the window of 150 s to the application (section 1.2, replay); a
digest covers boots, time, salt and message ID, so an equal one is the same message.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from trapline.snmp.clocks import TIME_WINDOW_S

DIGEST_OCTETS: Final = 12  # of MD5's and SHA-1's; longer ones are cut, so that each costs the same
KEPT_PER_GENERATION: Final = 349_000
"""Keeps the window up to 2,300 authentic messages a second; beyond, as many, which is less time. Two full generations
are 52 MB, measured, and a few more digests would make their tables larger by half."""
_GENERATION_S: Final = TIME_WINDOW_S + 10  # a little more than the window: engine times are whole seconds


class Generation(NamedTuple):
    """Digests in the order they came, from wall time `began` on (seconds since 1970)."""

    began: float
    digests: dict[bytes, None]


class Repeats:
    """Two generations: when the recent one is full or old it becomes the older one. `kept`: those of the run before."""

    def __init__(self, kept: Iterable[Generation] = ()) -> None:
        empty = Generation(0.0, {})
        self._older, self._recent = [empty, empty, *sorted(kept, key=lambda each: each.began)][-2:]

    @property
    def generations(self) -> tuple[Generation, Generation]:
        """The older and the recent one, to be kept over a restart."""
        return self._older, self._recent

    def is_repeat(self, digest: bytes, now: float) -> bool:
        """Whether this digest was here within the window. Remembers it."""
        began, recent = self._recent
        if abs(now - began) > _GENERATION_S or len(recent) >= KEPT_PER_GENERATION:
            self._older, self._recent = self._recent, Generation(now, {})
            recent = self._recent.digests
        digest = digest[:DIGEST_OCTETS]
        if digest in recent or digest in self._older.digests:
            return True
        recent[digest] = None
        return False

    def knows(self, digest: bytes) -> bool:
        """Whether this digest was here within the window. Remembers nothing."""
        digest = digest[:DIGEST_OCTETS]
        return digest in self._recent.digests or digest in self._older.digests


class ArrivalRepeats(Repeats):
    """For messages that are looked at long after they came: none of them twice, and none that is among `others`.

    `digest` is the last one asked for, so that the caller can remember it once its record is safe.
    """

    def __init__(self, others: Repeats) -> None:
        super().__init__()
        self._others = others
        self._seen: set[bytes] = set()
        self.digest = b""

    def is_repeat(self, digest: bytes, now: float) -> bool:  # noqa: ARG002  (arrival says nothing here)
        self.digest = digest = digest[:DIGEST_OCTETS]
        is_here = digest in self._seen or self._others.knows(digest)
        self._seen.add(digest)
        return is_here
