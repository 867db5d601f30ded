"""Packets that others captured or made (tests/golden/packets/MANIFEST.md)."""

from pathlib import Path
from typing import Any

import pytest
from pyasn1.codec.ber import decoder as ber_decoder
from pysnmp.proto.mpmod.rfc3412 import SNMPv3Message

from tests.snmp.packets import (
    NOW,
    OUR_ENGINE,
    fields_of,
    pysnmp_v1_trap,
    pysnmp_v2_pdu,
    pysnmp_v2c_notification,
    record,
)
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import Varbind
from trapline.snmp import REASONS, Community, Credentials, LocalEngine, Security, User, decode
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol

pytestmark = pytest.mark.usefixtures("reader")

PACKETS = Path(__file__).parents[1] / "golden" / "packets"
FILES = sorted(path for path in PACKETS.rglob("*") if path.suffix in {".bin", ".pcap"})
NOTIFICATIONS = {"trap1.bin", "genericV3Trap.bin", "snmpV3AuthPrivTrap.bin", "snmpv1_trap_coldstart.bin"}

# The names and passwords of gosnmp's own tests.
CREDENTIALS = Credentials(
    (Community("public", b"public"),),
    (
        User("myuser", AuthProtocol.MD5, b"mypassword"),
        User("myuser2", AuthProtocol.MD5, b"mypassword2", PrivacyProtocol.AES, b"myprivacy2"),
    ),
)
SYSTEM = (
    Varbind(oid="1.3.6.1.2.1.1.1.0", syntax="OCTET STRING", value="red laptop"),
    Varbind(oid="1.3.6.1.2.1.1.7.0", syntax="Integer32", value=5),
    Varbind(oid="1.3.6.1.2.1.1.2", syntax="OBJECT IDENTIFIER", value="1.3.6.1.4.1.2.3.4.5"),
)
HEARTBEAT = (Varbind(oid="1.3.6.1.4.1.8072.2.3.2.1", syntax="Integer32", value=60),)


def receiver() -> Security:
    return Security(CREDENTIALS, LocalEngine(OUR_ENGINE, 1, NOW))


def _v3_plaintext(datagram: bytes) -> dict[str, Any]:
    message, _ = ber_decoder.decode(datagram, asn1Spec=SNMPv3Message())
    return pysnmp_v2_pdu(message["msgData"]["plaintext"]["data"]["snmpV2-trap"])


ORACLES: list[Any] = [
    pytest.param("snmp-parser/snmpv1_trap_coldstart.bin", pysnmp_v1_trap, id="v1 coldStart"),
    pytest.param("gosnmp/trap1.bin", pysnmp_v2c_notification, id="v2c with octets after it"),
    pytest.param("gosnmp/genericV3Trap.bin", _v3_plaintext, id="v3 MD5"),
]


@pytest.mark.parametrize(("name", "oracle"), ORACLES)
def test_a_captured_notification_equals_what_pysnmp_reads(name: str, oracle: Any) -> None:
    datagram = (PACKETS / name).read_bytes()
    expected = oracle(datagram)
    assert fields_of(record(datagram, receiver()), list(expected)) == expected


@pytest.mark.parametrize(
    ("name", "level", "trap_oid", "uptime_ticks", "request_id", "varbinds"),
    [
        ("trap1.bin", "noAuthNoPriv", "1.3.6.1.2.1.1", 18542501, 1918693186, SYSTEM),
        ("genericV3Trap.bin", "authNoPriv", "1.3.6.1.2.1.1", 1388524, 957979745, SYSTEM),
        ("snmpV3AuthPrivTrap.bin", "authPriv", "1.3.6.1.4.1.8072.2.3.0.1", 400998, 1318065890, HEARTBEAT),
    ],
    ids=["v2c", "v3 MD5", "v3 MD5 and AES"],
)
def test_gosnmp_s_traps_are_read_with_its_own_passwords(
    name: str, level: str, trap_oid: str, uptime_ticks: int, request_id: int, varbinds: tuple[Varbind, ...]
) -> None:
    trap = record((PACKETS / "gosnmp" / name).read_bytes(), receiver())
    assert (trap.security_level, trap.trap_oid, trap.request_id) == (level, trap_oid, request_id)
    assert (trap.uptime_ticks, trap.varbinds) == (uptime_ticks, varbinds)


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in NOTIFICATIONS], ids=lambda path: path.stem)
def test_what_is_no_valid_notification_is_refused(path: Path) -> None:
    with pytest.raises(DatagramError) as caught:
        decode(path.read_bytes(), receiver(), NOW)
    assert caught.value.reason in REASONS


def _outcome(datagram: bytes, security: Security) -> str:
    try:
        decode(datagram, security, NOW)
    except DatagramError as error:
        return error.reason
    return "accepted"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_part_of_a_file_is_accepted_or_refused_and_nothing_else_happens(path: Path) -> None:
    """Captures hold their packets somewhere inside, so each suffix is tried, and each prefix of the file."""
    octets = path.read_bytes()
    security = receiver()
    outcomes = {_outcome(octets[at:], security) for at in range(len(octets))}
    outcomes |= {_outcome(octets[:at], security) for at in range(len(octets))}
    assert outcomes <= {"accepted", *REASONS}
