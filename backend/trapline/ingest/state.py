"""What ingest knows over restarts: files in home/ingest, replaced atomically.

- Engine boots count every start (RFC 3414 section 2.2). A state that cannot be read means a new engine with a new
  ID, because boots that go back would let old informs in.
- The peers' clocks: without them the first message after a restart would be trusted whatever its age.
- `last_alive_at` and the sockets' identities decide whether a start was blind: the same socket means that the
  kernel queued meanwhile. What came before `last_alive_at` is in the spool; `is_finished`: so is all that came after.
- A file is replaced only by a whole one: a disk that is full leaves the old one.
- Written often without fsync, which kill -9 cannot hurt; with fsync at start, at stop and every half minute.
"""

import logging
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from trapline.protocol.alerts import BlindInterval
from trapline.snmp import EngineClock

# RFC 3411, SnmpEngineID: high bit, NET-SNMP's enterprise number (we have none of our own), 5: octets as one likes.
_ENGINE_ID_PREFIX: Final = "80001f8805"

T = TypeVar("T")

_log = logging.getLogger("trapline.ingest")


class State(msgspec.Struct, kw_only=True):
    """`kernel_drops`: by the identity of the socket that counts them. `engine_id` in hex."""

    engine_id: str
    engine_boots: int = 0
    last_trap_id: str | None = None
    last_alive_at: datetime | None = None
    is_finished: bool = False
    kernel_drops: dict[str, int] = {}
    untold: tuple[BlindInterval, ...] = ()


def load(path: Path) -> State:
    """The state of the runs before; a new one where there is none or it is damaged, which is said."""
    state = _read(path, State)
    return State(engine_id=new_engine_id()) if state is None else state


def new_engine_id() -> str:
    """In hex, one that nobody has."""
    return _ENGINE_ID_PREFIX + secrets.token_hex(8)


def load_clocks(path: Path) -> tuple[EngineClock, ...]:
    """The peers' clocks."""
    return _read(path, tuple[EngineClock, ...]) or ()


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        _log.warning("%s cannot be read and is begun anew: %s", path, error)
        return None


def save(path: Path, content: object, *, sync: bool) -> None:
    """Replaces a file. `sync`: on disk for good when this returns. Raises OSError, and the old one stays."""
    part = path.with_suffix(".part")
    try:
        descriptor = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            write_all(descriptor, msgspec.json.encode(content), 0)
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError:
        part.unlink(missing_ok=True)  # its octets are wanted elsewhere
        raise
    os.replace(part, path)
    if sync:
        directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def write_all(descriptor: int, octets: bytes, at: int) -> None:
    """pwrite(2) may write less than it was given, as a disk does that is nearly full; the next call says why."""
    written = 0
    while written < len(octets):
        written += os.pwrite(descriptor, octets[written:], at + written)
