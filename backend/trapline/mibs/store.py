"""The compiled modules on disk: TRAPLINE_HOME/mibs/MODULE.json, and the built-in ones beside this file."""

import os
import secrets
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from trapline.mibs.module import Module
from trapline.mibs.names import Mibs
from trapline.protocol.errors import SettingError

_FOLDER: Final = "mibs"


def built_in() -> dict[str, Module]:
    """The standard modules, by name: names, OIDs, types. A module that is added takes the place of its built-in one."""
    octets = resources.files("trapline.mibs").joinpath("basic.json").read_bytes()
    return msgspec.json.decode(octets, type=dict[str, Module])


def added(home: Path) -> dict[str, Module]:
    """The modules that were added, by name. Raises SettingError for a file that cannot be read."""
    modules: dict[str, Module] = {}
    for path in sorted((home / _FOLDER).glob("*.json")):
        try:
            modules[path.stem] = msgspec.json.decode(path.read_bytes(), type=Module)
        except (OSError, msgspec.DecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SettingError(f"{path} cannot be read: {reason}; remove it and add its MIB again") from None
    return modules


def load(home: Path) -> Mibs:
    """All that is known. Raises SettingError."""
    return Mibs(built_in() | added(home))


def save(home: Path, module: Module) -> None:
    """Replaces the module's file in one step. Raises SettingError when the disk does not take it."""
    path = home / _FOLDER / f"{module.name}.json"
    partial = path.with_name(f".{module.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(module), indent=1))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink()
        raise SettingError(
            f"{path} cannot be written: {error.strerror}; make room or mend the folder's rights"
        ) from None


def remove(home: Path, name: str) -> None:
    """Raises SettingError when no such module was added."""
    if name not in added(home):
        raise SettingError(f"no MIB module {name!r} was added; `trapline mib list` shows all")
    (home / _FOLDER / f"{name}.json").unlink()
