"""Every setting: a default, an environment variable, one line of help. Parsed once, frozen, passed down.

docs/operations.md lists them; a test holds the list equal to this file. Nothing else reads the environment.
"""

import ipaddress
import math
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args, get_origin

from trapline.protocol.errors import SettingError

KAFKA_CLIENT_PREFIX = "TRAPLINE_KAFKA_CLIENT_"
_ORIGIN = re.compile(r"https?://[^\s/?#@]+", re.ASCII | re.IGNORECASE)
_NODE_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_REPOSITORY = Path(__file__).resolve().parents[2]


def _setting(variable: str, default: Any, help_: str, *, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"variable": variable, "help": help_, "low": low, "high": high})


@dataclass(frozen=True)
class Settings:
    """All settings of one node."""

    home: Path = _setting(
        "TRAPLINE_HOME",
        _REPOSITORY / ".trapline",
        "where the node keeps secrets, jars, Kafka's data, the spool, added MIBs",
    )
    site: Path = _setting(
        "TRAPLINE_SITE",
        _REPOSITORY / "examples" / "site",
        "the site: inventory.yaml and the site's own rules/*.yaml",
    )
    node_name: str = _setting(
        "TRAPLINE_NODE_NAME",
        socket.gethostname(),
        "this node's name in canaries and transactional ids; stable over restarts",
    )
    web_host: str = _setting("TRAPLINE_WEB_HOST", "0.0.0.0", "address that serves the wall")  # noqa: S104  (so do browsers)
    web_port: int = _setting("TRAPLINE_WEB_PORT", 8080, "TCP port that serves the wall", low=1, high=65535)
    allowed_origins: tuple[str, ...] = _setting(
        "TRAPLINE_ALLOWED_ORIGINS",
        (),
        "pages that may connect besides the node's own, as https://wall.example.com,…: for a proxy that changes Host",
    )
    trap_hosts: tuple[str, ...] = _setting(
        "TRAPLINE_TRAP_HOSTS",
        ("0.0.0.0", "::"),  # noqa: S104  (traps come from other machines)
        "addresses that receive traps, separated by commas",
    )
    trap_port: int = _setting(
        "TRAPLINE_TRAP_PORT",
        1162,
        "UDP port that receives traps (162 needs CAP_NET_BIND_SERVICE)",
        low=1,
        high=65535,
    )
    snmp_credentials: Path | None = _setting(
        "TRAPLINE_SNMP_CREDENTIALS",
        None,
        "communities and v3 users; default: snmp.yaml in TRAPLINE_HOME, made at set-up",
    )
    receive_buffer_bytes: int = _setting(
        "TRAPLINE_RECEIVE_BUFFER_BYTES",
        32 << 20,
        "UDP receive buffer to ask the kernel for",
        low=65536,
        high=1 << 30,
    )
    replay_check: bool = _setting(
        "TRAPLINE_REPLAY_CHECK", True, "refuse exact repeats of a v3 message in its time window"
    )
    spool_max_bytes: int = _setting(
        "TRAPLINE_SPOOL_MAX_BYTES",
        1 << 30,
        "bound of the spool on disk while Kafka is away",
        low=1 << 20,
        high=1 << 44,
    )
    held_per_sender: int = _setting(
        "TRAPLINE_HELD_PER_SENDER",
        1_000,
        "datagrams held of one unknown SNMPv3 sender until it is approved; 0: hold none",
        low=0,
        high=100_000,
    )
    held_max_bytes: int = _setting(
        "TRAPLINE_HELD_MAX_BYTES",
        32 << 20,
        "bound of all that is held of unknown SNMPv3 senders",
        low=0,
        high=1 << 32,
    )
    kafka_bootstrap: str = _setting(
        "TRAPLINE_KAFKA_BOOTSTRAP",
        "",
        "an existing cluster's brokers, host:port,…; empty: the embedded broker",
    )
    kafka_port: int = _setting(
        "TRAPLINE_KAFKA_PORT",
        19092,
        "TCP port of the embedded broker (its controller takes the next one)",
        low=1,
        high=65534,
    )
    kafka_heap_mb: int = _setting("TRAPLINE_KAFKA_HEAP_MB", 256, "heap of the embedded broker", low=128, high=65536)
    kafka_partitions: int = _setting("TRAPLINE_KAFKA_PARTITIONS", 4, "partitions of topics we create", low=1, high=1000)
    kafka_replication: int = _setting(
        "TRAPLINE_KAFKA_REPLICATION",
        1,
        "replication factor of topics we create (3 on a cluster)",
        low=1,
        high=9,
    )
    targets_max: int = _setting(
        "TRAPLINE_TARGETS_MAX",
        50_000,
        "targets that a track stage keeps; what would be one more goes to alerts-dead, those known go on",
        low=1,
        high=10_000_000,
    )
    open_alerts_max: int = _setting(
        "TRAPLINE_OPEN_ALERTS_MAX",
        100,
        "open alerts of a target that are kept one by one; those beyond are counted in one alert of its own",
        low=1,
        high=100,
    )
    history_per_minute: int = _setting(
        "TRAPLINE_HISTORY_PER_MINUTE",
        60,
        "steps of a target that the history tells in a minute; those beyond are counted in the next that is told",
        low=1,
        high=10_000,
    )
    history_per_sender: int = _setting(
        "TRAPLINE_HISTORY_PER_SENDER",
        6_000,
        "steps that the history tells in a minute of all targets of one sender; then one a minute of each target",
        low=1,
        high=1_000_000,
    )
    canary_interval_s: float = _setting(
        "TRAPLINE_CANARY_INTERVAL_S", 5.0, "seconds between canary traps", low=0.2, high=60
    )
    heartbeat_interval_s: float = _setting(
        "TRAPLINE_HEARTBEAT_INTERVAL_S", 2.0, "seconds between heartbeats to the browsers", low=0.2, high=5
    )
    frame_interval_ms: int = _setting(
        "TRAPLINE_FRAME_INTERVAL_MS", 50, "at least this long between two frames", low=10, high=5000
    )
    snapshot_page_cells: int = _setting(
        "TRAPLINE_SNAPSHOT_PAGE_CELLS", 2000, "cells in a page of the snapshot", low=1, high=10000
    )
    log_level: str = _setting("TRAPLINE_LOG_LEVEL", "info", "debug, info, warning or error")
    kafka_client: Mapping[str, str] = field(
        default_factory=dict,
        metadata={
            "variable": KAFKA_CLIENT_PREFIX + "…",
            "help": "passed to librdkafka: …_SECURITY_PROTOCOL=SASL_SSL sets security.protocol, and so on",
        },
    )

    @property
    def bootstrap_servers(self) -> str:
        return self.kafka_bootstrap or f"127.0.0.1:{self.kafka_port}"

    @property
    def has_embedded_kafka(self) -> bool:
        return not self.kafka_bootstrap

    @property
    def credentials_file(self) -> Path:
        return self.snmp_credentials or self.home / "snmp.yaml"

    @property
    def run_dir(self) -> Path:
        """Sockets; 0700, because Crossbar makes its own with mode 0666."""
        return self.home / "run"

    @property
    def router_socket(self) -> Path:
        return self.run_dir / "router.sock"


def _parse(name: str, kind: Any, text: str, low: float | None, high: float | None) -> Any:
    args = get_args(kind)
    if type(None) in args:
        kind = next(arg for arg in args if arg is not type(None))
    if kind is bool:
        if text.lower() not in {"true", "false", "yes", "no", "1", "0"}:
            raise SettingError(f"{name} is {text!r}; say yes or no")
        return text.lower() in {"true", "yes", "1"}
    if kind in {int, float}:
        try:
            number = kind(text)
        except ValueError:
            raise SettingError(f"{name} is {text!r}, which is no number; unset it for the default") from None
        is_below, is_above = low is not None and number < low, high is not None and number > high
        if not math.isfinite(number) or is_below or is_above:
            raise SettingError(f"{name} is {text}; it must be from {low:g} to {high:g}")
        return number
    if get_origin(kind) is tuple:
        parts = tuple(part.strip() for part in text.split(",") if part.strip())
        if not parts:
            raise SettingError(f"{name} is {text!r}; give at least one, separated by commas")
        return parts
    return Path(text).expanduser().resolve() if kind is Path else text


def variables() -> tuple[Field[Any], ...]:
    """The settings in order, each with metadata `variable` and `help`."""
    return fields(Settings)


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """The environment as Settings. Raises SettingError that names the variable, its value and what is allowed."""
    known = {setting.metadata["variable"]: setting for setting in fields(Settings)}
    values: dict[str, Any] = {}
    kafka_client: dict[str, str] = {}
    for variable, text in environment.items():
        if variable.startswith(KAFKA_CLIENT_PREFIX):
            kafka_client[variable.removeprefix(KAFKA_CLIENT_PREFIX).lower().replace("_", ".")] = text
        elif variable in known:
            setting = known[variable]
            if text or setting.name == "kafka_bootstrap":
                limits = setting.metadata
                values[setting.name] = _parse(variable, setting.type, text, limits["low"], limits["high"])
        elif variable.startswith("TRAPLINE_") and not variable.startswith("TRAPLINE_SOAK"):
            raise SettingError(f"{variable} is set, but there is no such setting; see docs/operations.md")
    settings = Settings(**values, kafka_client=kafka_client)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    if not _NODE_NAME.fullmatch(settings.node_name):
        raise SettingError(
            f"TRAPLINE_NODE_NAME is {settings.node_name[:120]!r}; give up to 100 letters, digits and . _ -"
        )
    for variable, hosts in (
        ("TRAPLINE_WEB_HOST", (settings.web_host,)),
        ("TRAPLINE_TRAP_HOSTS", settings.trap_hosts),
    ):
        for host in hosts:
            if not _is_address(host):
                raise SettingError(
                    f"{variable} names {host[:120]!r}, which is no IP address; write one of this host's, "
                    "0.0.0.0 or :: for all"
                )
    ports = (settings.kafka_port, settings.kafka_port + 1)
    if settings.has_embedded_kafka and settings.web_port in ports:
        raise SettingError(
            f"TRAPLINE_WEB_PORT is {settings.web_port}, and the embedded broker takes {ports[0]} and {ports[1]}; "
            "move it, or TRAPLINE_KAFKA_PORT"
        )
    if settings.log_level not in {"debug", "info", "warning", "error"}:
        raise SettingError(f"TRAPLINE_LOG_LEVEL is {settings.log_level!r}; say debug, info, warning or error")
    for origin in settings.allowed_origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingError(f"TRAPLINE_ALLOWED_ORIGINS names {origin!r}; write https://host or https://host:port")
    if len(str(settings.router_socket)) > 100:  # sun_path holds 108 octets
        raise SettingError(f"TRAPLINE_HOME is {settings.home}: too long for a Unix socket; choose a shorter path")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
