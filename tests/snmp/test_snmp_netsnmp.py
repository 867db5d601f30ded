"""net-snmp's own tools against our decoder and our answers, over a loopback socket."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.snmp.packets import NOW, OUR_ENGINE, RECEIVED_AT
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import PduType, Trap, Varbind, Version
from trapline.snmp import Community, Credentials, LocalEngine, Security, User, decode, report, respond
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

pytestmark = pytest.mark.netsnmp

TRAP_OID = "1.3.6.1.4.1.8072.9999.9999.1"
VARBINDS = [
    "1.3.6.1.2.1.1.5.0",
    "s",
    "Zürich router",
    "1.3.6.1.2.1.1.7.0",
    "i",
    "-72",
    "1.3.6.1.2.1.1.6.0",
    "x",
    "00ff10",
]
DECODED = (
    Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value="Zürich router"),
    Varbind(oid="1.3.6.1.2.1.1.7.0", syntax="Integer32", value=-72),
    Varbind(oid="1.3.6.1.2.1.1.6.0", syntax="OCTET STRING", value="00ff10", is_hex=True),
)


@pytest.fixture
def trap_socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


class Tools:
    """snmptrap and snmpinform with no configuration, no MIBs, and state of their own."""

    def __init__(self, folder: Path) -> None:
        self._environment = {
            **os.environ,
            "MIBS": "",
            "SNMPCONFPATH": str(folder),
            "SNMP_PERSISTENT_DIR": str(folder),
            "LC_ALL": "C.UTF-8",
        }

    def send(self, program: str, port: int, *arguments: str) -> subprocess.Popen[str]:
        command = [
            program,
            *arguments[: arguments.index("TO")],
            f"127.0.0.1:{port}",
            *arguments[arguments.index("TO") + 1 :],
        ]
        return subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


def _record(datagram: bytes, receiver: Security) -> Trap:
    return decode(datagram, receiver, NOW).to_record("t", RECEIVED_AT, "127.0.0.1", 1)


def _receiver(*users: User) -> Security:
    return Security(Credentials((Community("lab", b"laboratory"),), users), LocalEngine(OUR_ENGINE, 3, NOW - 1000))


def _send_and_decode(trap_socket: socket.socket, tools: Tools, receiver: Security, *arguments: str) -> Trap:
    process = tools.send("snmptrap", trap_socket.getsockname()[1], *arguments)
    datagram = trap_socket.recv(65535)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0, output
    return _record(datagram, receiver)


V1_TRAPS: list[Any] = [
    pytest.param("3", "0", "1.3.6.1.6.3.1.1.5.4", id="linkUp"),
    pytest.param("0", "0", "1.3.6.1.6.3.1.1.5.1", id="coldStart"),
    pytest.param("6", "17", "1.3.6.1.4.1.8072.3.2.10.0.17", id="enterprise specific"),
]


@pytest.mark.parametrize(("generic", "specific", "trap_oid"), V1_TRAPS)
def test_snmptrap_v1(trap_socket: socket.socket, tools: Tools, generic: str, specific: str, trap_oid: str) -> None:
    trap = _send_and_decode(
        trap_socket,
        tools,
        _receiver(),
        *(
            "-v1",
            "-c",
            "laboratory",
            "TO",
            "1.3.6.1.4.1.8072.3.2.10",
            "192.0.2.9",
            generic,
            specific,
            "4711",
            *VARBINDS,
        ),
    )
    assert (trap.version, trap.pdu_type, trap.security_name) == (Version.V1, PduType.TRAP_V1, "lab")
    assert (trap.enterprise_oid, trap.agent_addr) == ("1.3.6.1.4.1.8072.3.2.10", "192.0.2.9")
    assert (trap.generic_trap, trap.specific_trap, trap.uptime_ticks) == (int(generic), int(specific), 4711)
    assert (trap.trap_oid, trap.varbinds) == (trap_oid, DECODED)


def test_snmptrap_v2c(trap_socket: socket.socket, tools: Tools) -> None:
    trap = _send_and_decode(
        trap_socket, tools, _receiver(), "-v2c", "-c", "laboratory", "TO", "4711", TRAP_OID, *VARBINDS
    )
    assert (trap.version, trap.pdu_type, trap.security_name) == (Version.V2C, PduType.TRAP_V2, "lab")
    assert (trap.uptime_ticks, trap.trap_oid, trap.varbinds) == (4711, TRAP_OID, DECODED)


USERS = [
    User("plain"),
    User("md5", AuthProtocol.MD5, b"authentic-1"),
    User("md5des", AuthProtocol.MD5, b"authentic-2", PrivacyProtocol.DES, b"private-pass-2"),
    User("shaaes", AuthProtocol.SHA, b"authentic-3", PrivacyProtocol.AES, b"private-pass-3"),
    User("sha224aes", AuthProtocol.SHA_224, b"authentic-4", PrivacyProtocol.AES, b"private-pass-4"),
    User("sha256aes192", AuthProtocol.SHA_256, b"authentic-5", PrivacyProtocol.AES_192, b"private-pass-5"),
    User("sha384aes256", AuthProtocol.SHA_384, b"authentic-6", PrivacyProtocol.AES_256, b"private-pass-6"),
    User("sha512aes256", AuthProtocol.SHA_512, b"authentic-7", PrivacyProtocol.AES_256, b"private-pass-7"),
    User("shaaes256", AuthProtocol.SHA, b"authentic-8", PrivacyProtocol.AES_256, b"private-pass-8"),
]


def _options(user: User) -> list[str]:
    options = ["-v3", "-u", user.name, "-l", user.security_level]
    if user.auth_protocol:
        options += ["-a", user.auth_protocol, "-A", user.auth_password.decode()]
    if user.privacy_protocol:
        options += ["-x", user.privacy_protocol, "-X", user.privacy_password.decode()]
    return options


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_snmptrap_v3(trap_socket: socket.socket, tools: Tools, user: User) -> None:
    engine_id = "8000000001020304"
    trap = _send_and_decode(
        trap_socket, tools, _receiver(user), *_options(user), "-e", f"0x{engine_id}", "TO", "4711", TRAP_OID, *VARBINDS
    )
    assert (trap.version, trap.pdu_type, trap.engine_id) == (Version.V3, PduType.TRAP_V2, engine_id)
    assert (trap.security_name, trap.security_level) == (user.name, user.security_level)
    assert (trap.uptime_ticks, trap.trap_oid, trap.varbinds) == (4711, TRAP_OID, DECODED)


class Answering(threading.Thread):
    """Receives on a socket, answers what is to be answered, until one inform was taken."""

    def __init__(self, receiver: socket.socket, security: Security) -> None:
        super().__init__()
        self._socket = receiver
        self._security = security
        self.reasons: list[str] = []
        self.taken: Trap | None = None

    def run(self) -> None:
        while self.taken is None:
            datagram, peer = self._socket.recvfrom(65535)
            try:
                notification = decode(datagram, self._security, NOW)
            except DatagramError as error:
                self.reasons.append(error.reason)
                answer = report(error, self._security, NOW)
            else:
                self.taken = notification.to_record("t", RECEIVED_AT, *peer)
                answer = respond(notification, self._security, NOW)
            if answer is not None:
                self._socket.sendto(answer, peer)


def _inform(trap_socket: socket.socket, tools: Tools, receiver: Security, *options: str) -> Answering:
    answering = Answering(trap_socket, receiver)
    answering.start()
    process = tools.send(
        "snmpinform", trap_socket.getsockname()[1], *options, "-t", "3", "-r", "1", "TO", "4711", TRAP_OID, *VARBINDS
    )
    output, _ = process.communicate(timeout=20)
    answering.join(timeout=12)
    assert process.returncode == 0, output
    return answering


def test_snmpinform_v2c_is_answered(trap_socket: socket.socket, tools: Tools) -> None:
    answering = _inform(trap_socket, tools, _receiver(), "-v2c", "-c", "laboratory")
    assert answering.taken is not None
    assert (answering.taken.pdu_type, answering.taken.varbinds) == (PduType.INFORM, DECODED)


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_snmpinform_v3_finds_our_engine_and_clock_and_is_answered(
    trap_socket: socket.socket, tools: Tools, user: User
) -> None:
    context_engine_id = "8000000001020304"
    answering = _inform(trap_socket, tools, _receiver(user), *_options(user), "-E", f"0x{context_engine_id}")
    assert answering.taken is not None
    assert answering.reasons[0] == "unknown_engine_id"
    assert (answering.taken.pdu_type, answering.taken.varbinds) == (PduType.INFORM, DECODED)
    assert (answering.taken.security_level, answering.taken.engine_id) == (user.security_level, context_engine_id)
