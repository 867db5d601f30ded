"""The same octets to net-snmp's snmptrapd and to our decoder: both must read the same."""

import os
import re
import select
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.snmp.packets import (
    COMMUNITY,
    NOW,
    SENDER_ENGINE,
    addresses,
    oids,
    record,
    security,
    v3,
    varbinds_v1,
    varbinds_v2,
)
from trapline.protocol.traps import Trap, Varbind
from trapline.snmp import Community, Credentials, User
from trapline.snmp.encode import v1_trap, v2c_notification
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

pytestmark = pytest.mark.netsnmp

PACKETS = Path(__file__).parents[1] / "golden" / "packets"
USERS = [
    User(f"{auth}-{privacy}".lower(), auth, b"authentic-password", privacy, b"private-password")
    for auth in AuthProtocol
    for privacy in PrivacyProtocol
    if not privacy.endswith("REEDER")  # net-snmp knows Blumenthal's key extension only
]
CREDENTIALS = Credentials((Community("site", COMMUNITY), Community("public", b"public")), tuple(USERS))
SECONDS = 10


class Snmptrapd:
    """snmptrapd on a loopback port that writes each notification to its standard output."""

    def __init__(self, folder: Path) -> None:
        users = "\n".join(
            f"createUser -e 0x{SENDER_ENGINE.hex()} {user.name} {user.auth_protocol} authentic-password"
            f" {user.privacy_protocol} private-password"
            for user in USERS
        )
        (folder / "trapd.conf").write_text(f"disableAuthorization yes\n{users}\n")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        self._address = ("127.0.0.1", port)
        form = r"TRAP|%N|%w|%q|%a|%v\nEND\n"
        options = [
            "-f",
            "-Lo",
            "-n",
            "-On",
            "-Ox",
            "-Ot",
            "-Oe",
            "-OU",
            "-C",
            "-c",
            str(folder / "trapd.conf"),
            "-F",
            form,
        ]
        environment = {
            **os.environ,
            "MIBS": "",
            "SNMPCONFPATH": str(folder),
            "SNMP_PERSISTENT_DIR": str(folder / "state"),
            "LC_ALL": "C.UTF-8",
        }
        self.process = subprocess.Popen(
            ["snmptrapd", *options, f"127.0.0.1:{port}"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._buffer = b""
        self._until(b"NET-SNMP version")

    def read(self, datagram: bytes) -> dict[str, Any]:
        """What it reads in this datagram; raises where it reads nothing."""
        self._buffer = b""
        self._socket.sendto(datagram, self._address)
        text = self._until(b"\nEND\n").decode()
        text = text[text.index("TRAP|") : text.index("\nEND\n")].replace("\n", "")
        _, enterprise_oid, generic, specific, agent_addr, bindings = text.split("|", 5)
        return {
            "enterprise_oid": enterprise_oid.removeprefix("."),
            "generic_trap": int(generic),
            "specific_trap": int(specific.removeprefix(".")),
            "agent_addr": agent_addr,
            "varbinds": [_varbind(binding) for binding in bindings.split("\t") if binding],
        }

    def _until(self, mark: bytes) -> bytes:
        assert self.process.stdout is not None
        deadline = time.monotonic() + SECONDS
        while mark not in self._buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            octets = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert octets, f"snmptrapd did not write {mark!r}: {self._buffer!r}"
            self._buffer += octets
        return self._buffer

    def stop(self) -> None:
        self._socket.close()
        self.process.terminate()
        self.process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def snmptrapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmptrapd]:
    running = Snmptrapd(tmp_path_factory.mktemp("snmptrapd"))
    yield running
    running.stop()


_NUMBERS = {"INTEGER": "Integer32", "Counter32": "Counter32", "Gauge32": "Gauge32", "Counter64": "Counter64"}


def _varbind(text: str) -> tuple[str, str, str | int | None]:
    """`.1.3 = INTEGER: 7` as (oid, syntax, value), octets in hex."""
    oid, _, rest = text.partition(" = ")
    kind, _, value = rest.partition(": ")
    name = oid.removeprefix(".")
    if kind in _NUMBERS:
        return name, _NUMBERS[kind], int(value)
    if kind in {"Hex-STRING", "OPAQUE"}:
        return name, "Opaque" if kind == "OPAQUE" else "OCTET STRING", value.replace(" ", "").lower()
    if kind == "OID":
        return name, "OBJECT IDENTIFIER", value.removeprefix(".")
    if kind == "IpAddress":
        return name, "IpAddress", value
    if re.fullmatch(r"\d+", rest):
        return name, "TimeTicks", int(rest)
    empty = {'""': ("OCTET STRING", ""), "NULL": ("NULL", None)}
    return (name, *empty.get(rest, ("noSuchInstance" if "No Such Instance" in rest else rest, None)))


def _ours(binding: Varbind) -> tuple[str, str, str | int | None]:
    if binding.syntax == "OCTET STRING" and not binding.is_hex:
        return binding.oid, binding.syntax, str(binding.value).encode().hex()
    return binding.oid, binding.syntax, binding.value


def _same_v2(trap: Trap, read: dict[str, Any]) -> None:
    head = [
        ("1.3.6.1.2.1.1.3.0", "TimeTicks", trap.uptime_ticks),
        ("1.3.6.1.6.3.1.1.4.1.0", "OBJECT IDENTIFIER", trap.trap_oid),
    ]
    assert read["varbinds"] == [*head, *map(_ours, trap.varbinds)]


def _same_v1(trap: Trap, read: dict[str, Any]) -> None:
    for name in ("enterprise_oid", "generic_trap", "specific_trap", "agent_addr"):
        assert read[name] == getattr(trap, name)
    assert read["varbinds"] == [_ours(binding) for binding in trap.varbinds]


def _is_plain(binding: Varbind) -> bool:
    """net-snmp prints a wrapped float (Opaque 9f78…) and an empty Opaque in words of its own."""
    return binding.syntax != "Opaque" or (binding.value != "" and not str(binding.value).startswith("9f"))


@given(
    enterprise_oid=oids,
    generic_trap=st.integers(0, 6),
    specific_trap=st.integers(0, 2**31 - 1),
    agent_addr=addresses,
    uptime_ticks=st.integers(0, 2**32 - 1),
    varbinds=st.lists(varbinds_v1.filter(_is_plain), max_size=8),
)
@settings(max_examples=60)
def test_generated_v1_traps_equal_snmptrapd(snmptrapd: Snmptrapd, **fields: Any) -> None:
    datagram = v1_trap(COMMUNITY, **fields)
    _same_v1(record(datagram), snmptrapd.read(datagram))


@given(
    trap_oid=oids, uptime_ticks=st.integers(0, 2**32 - 1), varbinds=st.lists(varbinds_v2.filter(_is_plain), max_size=8)
)
@settings(max_examples=60)
def test_generated_v2c_traps_equal_snmptrapd(snmptrapd: Snmptrapd, **fields: Any) -> None:
    datagram = v2c_notification(COMMUNITY, request_id=1, **fields)
    _same_v2(record(datagram), snmptrapd.read(datagram))


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
def test_snmptrapd_verifies_and_decrypts_what_we_send(snmptrapd: Snmptrapd, user: User) -> None:
    varbinds = [Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value=f"sent by {user.name}")]
    datagram = v3(user, message_id=1 + USERS.index(user), varbinds=varbinds)
    _same_v2(record(datagram, security(CREDENTIALS)), snmptrapd.read(datagram))


@pytest.mark.parametrize(
    ("name", "compare"),
    [("snmp-parser/snmpv1_trap_coldstart.bin", _same_v1), ("gosnmp/trap1.bin", _same_v2)],
    ids=["v1 coldStart", "v2c with octets after it"],
)
def test_captured_notifications_equal_snmptrapd(snmptrapd: Snmptrapd, name: str, compare: Any) -> None:
    datagram = (PACKETS / name).read_bytes()
    compare(record(datagram, security(CREDENTIALS), NOW), snmptrapd.read(datagram))
