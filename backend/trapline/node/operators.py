"""Who may operate: operators.json in TRAPLINE_HOME, mode 0600, a name and an argon2id hash each.

The file is read again when it changed: whoever is added or removed is so at once, without a restart.
"""

import json
import os
import re
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from trapline.protocol.commands import CLOCK, INVENTORY
from trapline.protocol.errors import SettingError

SHORTEST_PASSWORD = 8
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
# RFC 9106 for a server that also has other things to do; OWASP's first choice: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a password that nobody has: a name that does not exist costs the same time as one that does.
_DUMMY_HASH = _hasher.hash(secrets.token_urlsafe())


def is_name(text: str) -> bool:
    """Whether an operator can be called so."""
    return _NAME.fullmatch(text) is not None


def write_secret(path: Path, text: str) -> None:
    """Replaces the file in one step; mode 0600 from its first octet on."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


class Operators:
    """The file's content."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._hashes: dict[str, str] = {}

    def names(self) -> list[str]:
        """All operators."""
        return sorted(self._read())

    def add(self, name: str, password: str) -> None:
        """Adds, or changes the password. Raises SettingError."""
        if not is_name(name):
            raise SettingError(f"{name!r} is no operator's name: letters, digits and . _ @ - up to 64, please")
        if name in {CLOCK, INVENTORY}:
            raise SettingError(f"{name!r} is the name under which the node itself decides; choose another")
        if len(password) < SHORTEST_PASSWORD:
            raise SettingError(f"the password has {len(password)} characters; give at least {SHORTEST_PASSWORD}")
        self._write(self._read() | {name: _hasher.hash(password)})

    def remove(self, name: str) -> None:
        """Raises SettingError when there is no such operator."""
        hashes = dict(self._read())
        if hashes.pop(name, None) is None:
            raise SettingError(f"there is no operator {name!r}; `trapline operator list` shows all")
        self._write(hashes)

    def is_password_of(self, name: str, password: str) -> bool:
        """Some 30 ms of one core and 19 MiB, whatever the answer. Not for an event loop."""
        known = self._read().get(name)
        try:
            return _hasher.verify(known or _DUMMY_HASH, password) and known is not None
        except (VerificationError, InvalidHashError):
            return False

    def _read(self) -> dict[str, str]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._hashes = None, {}
            return self._hashes
        seen = (status.st_mtime_ns, status.st_ino)
        if seen != self._seen:
            try:
                self._hashes = {
                    str(name): str(text) for name, text in json.loads(self._path.read_text("utf-8")).items()
                }
            except (ValueError, AttributeError) as error:
                raise SettingError(
                    f"{self._path} is no JSON object of names and hashes ({error}); mend or delete it"
                ) from None
            self._seen = seen
        return self._hashes

    def _write(self, hashes: dict[str, str]) -> None:
        write_secret(self._path, json.dumps(hashes, indent=2) + "\n")
