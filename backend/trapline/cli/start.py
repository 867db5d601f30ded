"""`trapline start`: set up, check, and keep the node running until Ctrl-C."""

import logging
import logging.handlers
import os
import re
import sys
from pathlib import Path

import click

from trapline import snmp
from trapline.cli.check import check_all
from trapline.cli.setup import set_up
from trapline.node import broker, ports, wiring
from trapline.node.console import Console
from trapline.node.lifecycle import Lifecycle
from trapline.protocol.errors import TraplineError
from trapline.settings import Settings, load


@click.command()
def start() -> None:
    """Run the node until Ctrl-C."""
    os.umask(0o077)  # logs, spool and Kafka's data are nobody else's business
    settings = load()
    set_up(settings)
    for sentence in check_all(settings):
        click.echo(sentence)
    directory = wiring.write(settings)
    check_not_running(directory)
    check_ports(settings)
    console = Console(_open_log(settings.home / "node.log"), click.echo, lambda seconds: welcome(settings, seconds))
    workers = {worker["id"] for worker in wiring.read_committed()["workers"]}
    click.echo(f"starting the node; everything it says is in {settings.home / 'node.log'}")
    sys.exit(Lifecycle(settings, directory, workers, console).run())


def welcome(settings: Settings, seconds: float) -> str:
    """What a newcomer wants to know now."""
    is_any = settings.web_host in {"0.0.0.0", "::"}  # noqa: S104  (compared, not bound)
    host = "localhost" if is_any else settings.web_host
    trapline = Path(sys.executable).with_name("trapline")
    lines = [
        "",
        f"  The wall:     http://{host}:{settings.web_port}/      (ready after {seconds:.1f} s)",
        f"  Traps go to:  UDP port {settings.trap_port}, with a community or a user of {settings.credentials_file}",
        "  A first trap:",
        f"    {trapline} simulate first-look --to 127.0.0.1:{settings.trap_port}",
    ]
    # "public" is no secret; any other community stays in its file.
    if any(each.community == b"public" for each in snmp.load(settings.credentials_file).communities):
        lines.append(f"    snmptrap -v 2c -c public 127.0.0.1:{settings.trap_port} '' 1.3.6.1.6.3.1.1.5.1")
    return "\n".join([*lines, "  Ctrl-C stops everything.", ""])


def check_not_running(directory: Path) -> None:
    """Raises TraplineError when the node directory belongs to a living Crossbar."""
    try:
        words = (directory / "node.pid").read_text("utf-8")
        pid = int(re.search(r'"pid":\s*(\d+)', words).group(1))  # type: ignore[union-attr]  # AttributeError is caught
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, AttributeError):
        return
    if b"crossbar" in command and pid != os.getpid():
        raise TraplineError(
            f"this node runs already (Crossbar, process {pid}); stop it with Ctrl-C where it runs, or with "
            f"`crossbar stop --cbdir {directory}`"
        )


def check_ports(settings: Settings) -> None:
    """Raises TraplineError naming the first port that is taken and the setting that moves it."""
    ports.check_tcp(settings.web_host, settings.web_port, "set TRAPLINE_WEB_PORT")
    for host in settings.trap_hosts:
        ports.check_udp(host, settings.trap_port, "set TRAPLINE_TRAP_PORT")
    if settings.has_embedded_kafka:
        broker.check_ports(settings)


def _open_log(path: Path) -> logging.Logger:
    log = logging.getLogger("trapline.node.log")
    log.propagate = False
    log.setLevel(logging.INFO)
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=10_000_000, backupCount=2, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    return log
