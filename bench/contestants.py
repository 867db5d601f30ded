"""The receivers that are compared: how each is started, what it may be tuned with, where its traps end up."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import machine, traffic
from bench.sinks import FileSink, Sink, TopicSink
from tests.running_broker import RunningBroker, free_ports
from trapline.kafka.admin import ensure_topics
from trapline.protocol.topics import SNMP_TRAPS
from trapline.snmp import twin

# The same for all. snmptrapd asks with SO_RCVBUF, which the kernel cuts at rmem_max, root or not.
RECEIVE_BUFFER = min(4 << 20, int(Path("/proc/sys/net/core/rmem_max").read_text()))
_PEER = Path(__file__).with_name("peers") / "gosnmp"


@dataclass
class Running:
    """A receiver at work. `others`: what it cannot do without, with a name each (the broker)."""

    process: subprocess.Popen[bytes]
    port: int
    sink: Sink
    others: dict[str, int]
    close: Callable[[], None]


class Absent(Exception):  # noqa: N818  (it is no error that a peer is not installed)
    """A sentence: why a receiver is left out."""


@dataclass(frozen=True)
class Contestant:
    """`start(scratch directory, core)`."""

    name: str
    sink: str
    start: Callable[[Path, int], Running]


def _to_file(command: list[str], port: int, out: Path, core: int, environment: dict[str, str] | None = None) -> Running:
    out.unlink(missing_ok=True)
    sink = FileSink(out)
    process = machine.start(command, core, out.with_suffix(".words"), environment)

    def close() -> None:
        machine.stop(process)
        sink.close()

    return Running(process, port, sink, {}, close)


def snmptrapd(scratch: Path, core: int) -> Running:
    """Tuned: no MIBs, no DNS (its default format asks for a v1 agent-addr's name), no notification log in memory."""
    path = shutil.which("snmptrapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if path is None:
        raise Absent("snmptrapd is not installed (Debian: apt install snmptrapd)")
    port = free_ports(1)
    configuration = scratch / "snmptrapd.conf"
    configuration.write_text(
        f"authCommunity log {traffic.COMMUNITY}\n"
        f"createUser -e 0x{traffic.ENGINE_ID.hex()} {traffic.USER} SHA {traffic.PASSWORD} AES {traffic.PASSWORD}\n"
        f"authUser log {traffic.USER} priv\n"
        "doNotRetainNotificationLogs yes\n"
        f"[snmp] serverRecvBuf {RECEIVE_BUFFER}\n"
        "[snmp] noTokenWarnings yes\n"
        "format1 %a %N %w %q %T %v\\n\n"
        "format2 %b %v\\n\n"
    )
    out = scratch / "snmptrapd.log"
    command = [
        path, "-f", "-n", "-On", "-A", "-m", "", "-M", str(scratch), "-C", "-c", str(configuration),
        "-p", str(scratch / "snmptrapd.pid"), "-Lf", str(out), f"udp:127.0.0.1:{port}",
    ]  # fmt: skip
    environment = os.environ | {"SNMP_PERSISTENT_DIR": str(scratch), "SNMPCONFPATH": str(scratch), "MIBS": ""}
    return _to_file(command, port, out, core, environment)


def _gosnmp(mode: str, shape: str) -> Callable[[Path, int], Running]:
    def start(scratch: Path, core: int) -> Running:
        port, out = free_ports(1), scratch / f"gosnmp-{mode}.json"
        command = [str(_build_peer()), "-mode", mode, "-listen", f"127.0.0.1:{port}", "-out", str(out)]
        command += ["-buffer", str(RECEIVE_BUFFER)]
        if shape.endswith("v3"):
            command += ["-user", traffic.USER, "-password", traffic.PASSWORD, "-engine", traffic.ENGINE_ID.hex()]
        return _to_file(command, port, out, core)

    return start


def _build_peer() -> Path:
    go = shutil.which("go", path=f"{os.environ.get('PATH', '')}:/usr/local/go/bin")
    if go is None:
        raise Absent("no Go compiler here, so the gosnmp receivers are left out (https://go.dev, 1.24 or newer)")
    binary = _PEER / "bin" / "receiver"
    built = subprocess.run(
        [go, "build", "-o", str(binary), "."], cwd=_PEER, capture_output=True, text=True, check=False
    )
    if built.returncode != 0:
        raise Absent(f"the gosnmp receivers are left out, go build says: {built.stderr.strip().splitlines()[-1]}")
    return binary


def _python(module: str, *, is_compiled: bool) -> list[str]:
    """The command of a module of ours, with the decoder's compiled twin or as if it had not been built."""
    return [sys.executable, "-m", module] if is_compiled else [sys.executable, "-m", "bench.in_python", module]


def decoder_to_file(scratch: Path, core: int, *, is_compiled: bool = True) -> Running:
    """Trapline's sockets and decoder with nothing behind them but a file: what the peers do."""
    port, out = free_ports(1), scratch / "trapline.json"
    arguments = [str(port), str(out), str(traffic.write_credentials(scratch)), str(RECEIVE_BUFFER)]
    return _to_file(_python("bench.lean_receiver", is_compiled=is_compiled) + arguments, port, out, core)


def ingest_to_kafka(scratch: Path, core: int, *, is_compiled: bool = True) -> Running:
    """The real ingest and the real embedded broker, which shares the generator's core."""
    broker = RunningBroker().start()
    settings = broker.settings
    environment = broker.environment | {
        "TRAPLINE_SNMP_CREDENTIALS": str(traffic.write_credentials(scratch)),
        "TRAPLINE_TRAP_HOSTS": "127.0.0.1",
        "TRAPLINE_RECEIVE_BUFFER_BYTES": str(RECEIVE_BUFFER),
        "TRAPLINE_CANARY_INTERVAL_S": "60",
    }
    command = _python("trapline.ingest", is_compiled=is_compiled)
    process = machine.start(command, core, scratch / "ingest.words", environment)
    sink: Sink | None = None

    def close() -> None:
        machine.stop(process)
        if sink is not None:
            sink.close()
        broker.close()

    try:
        ensure_topics(settings, (SNMP_TRAPS,))
        sink = TopicSink(settings)
    except BaseException:
        close()
        raise
    return Running(process, settings.trap_port, sink, {"broker": broker.pid}, close)


def _both(name: str, sink: str, start: Callable[..., Running]) -> Iterator[Contestant]:
    """With the decoder in Python, and compiled where it was built."""
    yield Contestant(f"{name}, in Python", sink, partial(start, is_compiled=False))
    if twin.IS_COMPILED:
        yield Contestant(f"{name}, compiled", sink, start)


def all_of(shape: str) -> tuple[Contestant, ...]:
    """In the order of the table."""
    return (
        Contestant("snmptrapd, tuned", "file", snmptrapd),
        Contestant("gosnmp TrapListener", "file", _gosnmp("listener", shape)),
        Contestant("gosnmp, own loop", "file", _gosnmp("loop", shape)),
        *_both("Trapline decoder", "file", decoder_to_file),
        *_both("Trapline ingest", "Kafka", ingest_to_kafka),
    )
