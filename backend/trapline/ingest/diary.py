"""The digests of USM's exact repeats, on disk: what was taken before a restart does not come in again after it.

- One file a generation, named by when it began (microseconds since 1970, hex); 12 octets a digest, appended.
- Written at every sign of life: a run that is killed loses at most the second since the last.
- Not synced: a crash of the machine takes the sockets along, and mostly the window.
"""

import logging
import os
from itertools import islice
from pathlib import Path
from typing import Final

from trapline.ingest.state import write_all
from trapline.snmp import Repeats
from trapline.snmp.repeats import DIGEST_OCTETS, Generation

_SUFFIX: Final = ".repeats"

_log = logging.getLogger("trapline.ingest")


class Diary:
    """In ingest's own directory. What cannot be read is said and passed over."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._written: dict[Path, int] = {}  # digests by file
        self.repeats = Repeats(map(self._load, home.glob("*" + _SUFFIX)))

    def save(self) -> None:
        """Appends what is new, and drops the file of a generation that is over. Raises OSError."""
        now = {self._path(each): each for each in self.repeats.generations if each.digests}
        for path, (_, digests) in now.items():
            written = self._written.get(path, 0)
            if written == len(digests):
                continue
            new = list(islice(reversed(digests), len(digests) - written))
            descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                write_all(descriptor, b"".join(reversed(new)), written * DIGEST_OCTETS)
            finally:
                os.close(descriptor)
            self._written[path] = len(digests)
        for path in self._written.keys() - now.keys():
            path.unlink(missing_ok=True)
            del self._written[path]

    def _path(self, generation: Generation) -> Path:
        return self._home / f"{round(generation.began * 1e6):016x}{_SUFFIX}"

    def _load(self, path: Path) -> Generation:
        octets = b""
        try:
            octets = path.read_bytes()
        except OSError as error:
            _log.warning("%s cannot be read, so repeats of what it held come in again: %s", path, error.strerror)
        whole = len(octets) // DIGEST_OCTETS * DIGEST_OCTETS  # the last write may have been cut
        digests = dict.fromkeys(octets[at : at + DIGEST_OCTETS] for at in range(0, whole, DIGEST_OCTETS))
        self._written[path] = len(digests)
        return Generation(int(path.stem, 16) / 1e6, digests)
