"""A real ingest process, its senders, and what it wrote to Kafka."""

import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from tests.running_broker import environment
from trapline.kafka.reader import Follower
from trapline.protocol import codec
from trapline.protocol.topics import SNMP_TRAPS
from trapline.protocol.traps import PduType, Trap, Varbind
from trapline.settings import Settings
from trapline.snmp import encode

CREDENTIALS = """\
communities:
  - {name: the-public-one, community: s3cr3t-community}
users:
  - name: oem
    auth: {protocol: SHA, password: authentication}
    privacy: {protocol: AES, password: privacy-password}
"""
COMMUNITY = b"s3cr3t-community"
NUMBER = "1.3.6.1.4.1.99999.1.0"
DEADLINE_S = 30
_PARENT = """
import os, sys
from trapline.node.supervise import die_with_parent
die_with_parent()
if sys.argv[1:]:
    os.dup2(int(sys.argv[1]), 3)  # where sd_listen_fds(3) wants it
os.execv(sys.executable, [sys.executable, "-m", "trapline.ingest"])
"""


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float = DEADLINE_S) -> None:
    """Returns when the condition holds."""
    deadline = time.monotonic() + timeout_s
    never = socket.socketpair()[0]
    never.settimeout(0.01)
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        try:
            never.recv(1)
        except TimeoutError:
            continue


class RunningIngest:
    """An ingest with a home of its own. `listening`: a socket to inherit, else it binds one itself."""

    def __init__(
        self,
        broker: Settings,
        listening: socket.socket | None = None,
        variables: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="tl-", dir="/tmp"))
        (self.home / "snmp.yaml").write_text(CREDENTIALS)
        self.settings = replace(broker, home=self.home, trap_hosts=("127.0.0.1",))
        self._listening = listening
        self.port = listening.getsockname()[1] if listening else self.settings.trap_port
        self._environment = environment(self.settings) | {"TRAPLINE_TRAP_HOSTS": "127.0.0.1", **variables}
        self._process: subprocess.Popen[bytes] | None = None
        self._log = self.home / "log"

    def start(self) -> "RunningIngest":
        """Returns when it receives."""
        said = self.said.count("receiving on UDP")
        self._process = self.spawn()
        wait_for(lambda: self.said.count("receiving on UDP") > said or not self.is_running, "ingest to receive")
        assert self.is_running, self.said
        return self

    def spawn(self) -> "subprocess.Popen[bytes]":
        variables = self._environment
        descriptors: tuple[int, ...] = ()
        if self._listening is not None:
            descriptors = (self._listening.fileno(),)
            variables = variables | {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "trap", "LISTEN_PID": "1"}
        command = [sys.executable, "-c", _PARENT, *map(str, descriptors)]
        with self._log.open("ab") as log:
            return subprocess.Popen(command, env=variables, stdout=log, stderr=log, pass_fds=descriptors)

    @property
    def said(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """TERM, and the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(10)

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        shutil.rmtree(self.home)


class Sender:
    """Sends numbered v2c notifications with a trap OID of its own, and counts what it was answered."""

    _serial = itertools.count(os.getpid() % 1000 * 1000)

    def __init__(self, port: int) -> None:
        self.trap_oid = f"1.3.6.1.4.1.99999.0.{next(self._serial)}"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self.sent = 0

    def _datagram(self, number: int, pdu_type: PduType) -> bytes:
        return encode.v2c_notification(
            COMMUNITY,
            trap_oid=self.trap_oid,
            uptime_ticks=1,
            request_id=number + 1,
            varbinds=[Varbind(oid=NUMBER, syntax="Integer32", value=number)],
            pdu_type=pdu_type,
        )

    def raw(self, datagram: bytes) -> None:
        self._socket.send(datagram)

    def trap(self, count: int = 1) -> None:
        for _ in range(count):
            self._socket.send(self._datagram(self.sent, PduType.TRAP_V2))
            self.sent += 1

    def inform(self, timeout_s: float = 5) -> int | None:
        """Sends an inform once. Its number when it was answered."""
        number, self.sent = self.sent, self.sent + 1
        self._socket.settimeout(timeout_s)
        self._socket.send(self._datagram(number, PduType.INFORM))
        try:
            while True:
                answer = self._socket.recv(65535)
                if b"\x02" + bytes((len(_integer(number + 1)),)) + _integer(number + 1) in answer:
                    return number
        except (TimeoutError, ConnectionRefusedError):
            return None

    def close(self) -> None:
        self._socket.close()


def _integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def number_of(trap: Trap) -> int:
    value = next(each.value for each in trap.varbinds if each.oid == NUMBER)
    assert isinstance(value, int)
    return value


class Written:
    """What is in snmp-traps, as it comes."""

    def __init__(self, settings: Settings) -> None:
        self._follower = Follower(settings, SNMP_TRAPS)
        self.records: list[tuple[str, Trap]] = []

    def poll(self) -> list[tuple[str, Trap]]:
        for record in self._follower.poll(0.1):
            assert record.value is not None
            self.records.append((record.key.decode(), codec.decode(record.value, Trap)))
        return self.records

    def of(self, trap_oid: str) -> list[Trap]:
        return [trap for _, trap in self.poll() if trap.trap_oid == trap_oid]

    def numbers(self, sender: Sender) -> list[int]:
        """Numbers in the order of their trap_id, each trap_id once."""
        once = {trap.trap_id: number_of(trap) for trap in self.of(sender.trap_oid)}
        return [number for _, number in sorted(once.items())]

    def close(self) -> None:
        self._follower.close()
