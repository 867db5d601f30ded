"""What ingest knows over restarts: files in home/ingest, replaced atomically.

- Engine boots count every start (RFC 3414 section 2.2). A state that cannot be read means a new engine with a new
  ID, because boots that go back would let old informs in.
- The peers' clocks: without them the first message after a restart would be trusted whatever its age.
- `last_alive_at` and the sockets' identities decide whether a start was blind: the same socket means that the
  kernel queued meanwhile. What came before `last_alive_at` is in the spool; `is_finished`: so is all that came after.
- Written often without fsync, which kill -9 cannot hurt; with fsync at start, at stop and every half minute.
"""

import logging
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from trapline.protocol.records import BlindInterval
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
    return State(engine_id=_ENGINE_ID_PREFIX + secrets.token_hex(8)) if state is None else state


def load_clocks(path: Path) -> tuple[EngineClock, ...]:
    """The peers' clocks."""
    return _read(path, tuple[EngineClock, ...]) or ()


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        _log.warning("%s is damaged and begun anew: %s", path, error)
        return None


def save(path: Path, content: object, *, sync: bool) -> None:
    """Replaces a file. `sync`: on disk for good when this returns."""
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(content))
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(part, path)
    if sync:
        directory = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
