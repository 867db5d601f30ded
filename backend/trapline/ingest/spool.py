"""The spool: every accepted record is on disk until Kafka has it.

- It is a write-ahead log, not a fall-back: a record is appended before it is handed to the Kafka client, so
  a killed ingest loses nothing that it had accepted. The price is one write(2) a batch, measured at 3 us for
  an OEM trap of 5 kB with its CRC; segments whose records are all delivered are deleted, mostly before
  the kernel has written them out.
- write(2) survives kill -9. A crash of the machine needs fsync: `begin_sync` serves informs and outages.
- Records have numbers that count on over restarts. A segment file is named by the number of its first record.
- A start never appends to an old segment, so a torn tail stays at the end of its file, where reading stops.
- Past `max_bytes` the oldest segments go. Numbers that are on disk no more are skipped by `read`.
"""

import fcntl
import os
import struct
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trapline.ingest import segment
from trapline.ingest.segment import Entry
from trapline.protocol.errors import SettingError

_SEGMENT_BYTES: Final = 8 << 20
_SUFFIX: Final = ".segment"
_checkpoint = struct.Struct(">QI")


@dataclass
class _Segment:
    first: int
    path: Path
    size: int
    is_dirty: bool = False


class Spool:
    """A spool in a directory of its own. One process at a time; not thread-safe, but `begin_sync`'s work is."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        """Opens or makes the spool. Raises SettingError when another process has it."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._max_bytes = max_bytes
        self._segment_bytes = min(_SEGMENT_BYTES, max_bytes // 8)
        self._lock = os.open(directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise SettingError(
                f"another ingest uses the spool {directory}; stop it, or set TRAPLINE_HOME to a directory of its own"
            ) from None
        self._checkpoint = os.open(directory / "delivered", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        self._open: int | None = None
        self._has_new_file = False
        self._reader = (-1, 0, 0)  # number of the next record, its segment, its offset
        self.delivered = self._read_checkpoint()
        self._segments = sorted(
            (_Segment(int(path.stem, 16), path, path.stat().st_size) for path in directory.glob("*" + _SUFFIX)),
            key=lambda found: found.first,
        )
        self.end = self.delivered
        if self._segments:
            last = self._segments[-1]
            entries, _ = segment.decode(last.path.read_bytes())
            self.end = max(self.end, last.first + len(entries))
        self.mark_delivered(self.delivered)

    @property
    def first(self) -> int:
        """The number of the oldest record on disk; `end` when there is none."""
        return self._segments[0].first if self._segments else self.end

    @property
    def size(self) -> int:
        """Octets on disk."""
        return sum(each.size for each in self._segments)

    def append(self, entries: Sequence[Entry]) -> int:
        """Writes entries behind the last. Returns the number of the first. OSError: none of them is written."""
        octets = segment.encode(entries)
        if self._open is None or self._segments[-1].size + len(octets) > self._segment_bytes:
            self._rotate()
        assert self._open is not None
        current = self._segments[-1]
        try:
            written = 0
            while written < len(octets):
                written += os.pwrite(self._open, octets[written:] if written else octets, current.size + written)
        except OSError:
            os.ftruncate(self._open, current.size)
            raise
        current.size += written
        current.is_dirty = True
        number = self.end
        self.end += len(entries)
        return number

    def skip(self, count: int) -> int:
        """Numbers for entries that could not be written. Returns the first; `read` will not find them."""
        number = self.end
        self.end += count
        self._close_segment()
        return number

    def trim(self) -> int:
        """Drops the oldest segments past the bound, never the newest. Returns `first`."""
        excess = self.size - self._max_bytes
        while excess > 0 and len(self._segments) > 1:
            excess -= self._segments[0].size
            self._remove_oldest()
        return self.first

    def read(self, number: int, max_bytes: int = segment.MAX_BODY) -> tuple[int, list[Entry]]:
        """Entries from `number` on: the number of the first one found, and some that follow it.

        The first one found is later than `number` where records are missing (dropped, damaged). No entries
        and `end` means that there is nothing more.
        """
        max_bytes = max(max_bytes, segment.MAX_BODY + segment.HEADER)
        for index, each in enumerate(self._segments):
            limit = self._segments[index + 1].first if index + 1 < len(self._segments) else self.end
            if limit <= number:
                continue
            at, offset = (self._reader[0], self._reader[2]) if self._reader[1] == each.first else (-1, 0)
            if at != max(number, each.first):
                at, offset = each.first, 0
            with each.path.open("rb", buffering=0) as file:
                while at < limit:
                    octets = os.pread(file.fileno(), max_bytes, offset)
                    entries, taken = segment.decode(octets, limit - at)
                    if not entries:
                        break
                    wanted = entries[max(0, number - at) :]
                    at, offset = at + len(entries), offset + taken
                    if wanted:
                        self._reader = (at, each.first, offset)
                        return at - len(wanted), wanted
        return self.end, []

    def mark_delivered(self, number: int) -> None:
        """Everything before `number` is in Kafka: remembered, and segments that are all delivered are deleted."""
        if number != self.delivered:
            self.delivered = number
            packed = number.to_bytes(8, "big")
            with suppress(OSError):  # a full disk: what is not noted is sent again after a restart, with its trap_id
                os.pwrite(self._checkpoint, _checkpoint.pack(number, zlib.crc32(packed)), 0)
        while self._segments:
            limit = self._segments[1].first if len(self._segments) > 1 else self.end
            if limit > number or (len(self._segments) == 1 and self._open is not None):
                break
            self._remove_oldest()

    def begin_sync(self) -> Callable[[], int]:
        """Work for another thread: fsyncs what is written by now, and returns the number before which all is safe."""
        end = self.end
        dirty = [each for each in self._segments if each.is_dirty]
        descriptors = [os.open(each.path, os.O_RDONLY | os.O_CLOEXEC) for each in dirty]
        for each in dirty:
            each.is_dirty = False
        if self._has_new_file:
            descriptors.append(os.open(self._directory, os.O_RDONLY | os.O_CLOEXEC))
            self._has_new_file = False

        def sync() -> int:
            try:
                for descriptor in descriptors:
                    os.fsync(descriptor)
            finally:
                for descriptor in descriptors:
                    os.close(descriptor)
            return end

        return sync

    def close(self) -> None:
        """Syncs and lets go. An open segment whose records are all delivered is deleted."""
        self.begin_sync()()
        self._close_segment()
        self.mark_delivered(self.delivered)
        os.close(self._checkpoint)
        os.close(self._lock)

    def _rotate(self) -> None:
        self._close_segment()
        path = self._directory / f"{self.end:016x}{_SUFFIX}"
        self._open = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        if self._segments and self._segments[-1].path == path:
            self._segments.pop()  # a segment without a single readable record left its number free
        self._segments.append(_Segment(self.end, path, 0))
        self._has_new_file = True

    def _close_segment(self) -> None:
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def _remove_oldest(self) -> None:
        self._segments.pop(0).path.unlink(missing_ok=True)

    def _read_checkpoint(self) -> int:
        octets = os.pread(self._checkpoint, _checkpoint.size, 0)
        if len(octets) < _checkpoint.size:
            return 0
        number, crc = _checkpoint.unpack(octets)
        return int(number) if zlib.crc32(octets[:8]) == crc else 0
