"""The node's configuration: the committed wiring diagram with this node's home, address, port and origins.

Pure but for `write`.

With default settings it is .crossbar/config.json itself, letter for letter; `crossbar start` in the repository is then
the same node as `trapline start`.
"""

import copy
import json
from pathlib import Path
from typing import Any

from trapline.protocol.errors import SettingError
from trapline.settings import Settings, load

REPOSITORY = Path(__file__).resolve().parents[3]
COMMITTED = REPOSITORY / ".crossbar" / "config.json"
Config = dict[str, Any]
# The settings that the router's configuration holds; all others the stages read themselves.
_PLACED = ("home", "web_host", "web_port", "allowed_origins")


def read_committed() -> Config:
    """.crossbar/config.json."""
    try:
        config: Config = json.loads(COMMITTED.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{COMMITTED} cannot be read ({error}); restore it with git") from None
    return config


def wire(committed: Config, settings: Settings, defaults: Settings, repository: Path = REPOSITORY) -> Config:
    """The configuration of a node with `settings`; equal to `committed` where they are the defaults."""
    if all(getattr(settings, name) == getattr(defaults, name) for name in _PLACED):
        return committed
    config = copy.deepcopy(committed)
    for worker in config["workers"]:
        if worker["type"] == "guest":
            # The committed paths count from .crossbar/; this file lies somewhere else.
            worker["options"]["workdir"] = str(repository)
        else:
            for component in worker["components"]:
                if "extra" in component:
                    component["extra"]["allowed_origins"] = list(settings.allowed_origins)
            for transport in worker["transports"]:
                _place(transport, settings, repository)
    return config


def _place(transport: Config, settings: Settings, repository: Path) -> None:
    endpoint = transport["endpoint"]
    if endpoint["type"] == "unix":
        endpoint["path"] = str(settings.run_dir / Path(endpoint["path"]).name)
        return
    endpoint["interface"] = settings.web_host
    endpoint["port"] = settings.web_port
    paths = transport["paths"]
    paths["/"]["extra"]["directory"] = str(repository / "web" / "dist")
    paths["lp"]["extra"] = {
        "socket": str(settings.run_dir / "longpoll.sock"),
        "allowed_origins": list(settings.allowed_origins),
    }


def write(settings: Settings) -> Path:
    """The node directory for `crossbar start --cbdir`."""
    committed = read_committed()
    config = wire(committed, settings, load({}))
    if config is committed:
        return COMMITTED.parent
    directory = settings.home / "node"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return directory
