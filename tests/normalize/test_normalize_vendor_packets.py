"""Vendors' traps as net-snmp's snmptrap puts them on the wire, through our decoder and the shipped rules."""

import os
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol.alerts import AlertEvent
from trapline.snmp import Community, Credentials, LocalEngine, Security, decode

pytestmark = pytest.mark.netsnmp

RULES = load_rules(Path("/nonexistent"))
NOW = 1_772_459_460.0
RECEIVER = Security(
    Credentials((Community("lab", b"laboratory"),), ()), LocalEngine(bytes.fromhex("8000ffff01"), 1, NOW)
)
UPS, MTE, IDRAC, ENVMON = "1.3.6.1.2.1.33", "1.3.6.1.2.1.88.2", "1.3.6.1.4.1.674.10892.5.3", "1.3.6.1.4.1.9.9.13"
CONFIG, IF, RMON = "1.3.6.1.4.1.9.9.43", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.16"
IDRAC_FAN = (
    *(f"{IDRAC}.1.1.0", "s", "FAN0001", f"{IDRAC}.1.2.0", "s", "Fan 3A is slow.", f"{IDRAC}.1.4.0", "s", "ABC1234"),
    *(f"{IDRAC}.1.5.0", "s", "db-01.example.com", f"{IDRAC}.1.6.0", "s", "Fan.Embedded.3A"),
)
ROOT_FULL = (
    *(f"{MTE}.1.1.0", "s", "root", f"{MTE}.1.4.0", "o", "1.3.6.1.2.1.25.2.3.1.6.31", f"{MTE}.1.5.0", "i", "4711"),
    *("1.3.6.1.2.1.25.2.3.1.3.31", "s", "/"),
)
SENSOR = (f"{ENVMON}.1.3.1.2.6", "s", "SW#1", f"{ENVMON}.1.3.1.3.6", "u", "61", f"{ENVMON}.1.3.1.6.6", "i")


class Sent(NamedTuple):
    """One trap. `specific` is set for SNMPv1, whose `oid` is the enterprise."""

    oid: str
    varbinds: tuple[str, ...]
    rule: str
    kind: str
    severity: str
    target: str
    alert_key: str
    specific: str = ""


V2, V1 = "snmp_agent:127.0.0.1", "snmp_agent:198.51.100.30"
TRAPS = {
    "UPS-MIB: on battery": Sent(
        f"{UPS}.2.1", (f"{UPS}.1.2.3.0", "i", "17", f"{UPS}.1.2.2.0", "i", "60", f"{UPS}.1.9.7.0", "i", "2"),
        "ups-trap-on-battery", "raise", "major", V2, f"alarm/{UPS}.1.6.3.2",
    ),
    "UPS-MIB: mains are back": Sent(
        f"{UPS}.2.4", (f"{UPS}.1.6.2.1.1.5", "i", "5", f"{UPS}.1.6.2.1.2.5", "o", f"{UPS}.1.6.3.2"),
        "ups-on-battery", "clear", "cleared", V2, f"alarm/{UPS}.1.6.3.2",
    ),
    "UPS-MIB: battery low, SNMPv1": Sent(
        f"{UPS}.2", (f"{UPS}.1.6.2.1.1.7", "i", "7", f"{UPS}.1.6.2.1.2.7", "o", f"{UPS}.1.6.3.3"),
        "ups-battery-low", "raise", "critical", V1, f"alarm/{UPS}.1.6.3.3", specific="3",
    ),
    "HOST-RESOURCES: a file system fills up": Sent(
        f"{MTE}.0.2", ROOT_FULL,
        "host-storage", "raise", "minor", V2, "trigger/root/1.3.6.1.2.1.25.2.3.1.6.31",
    ),
    "HOST-RESOURCES: it has room again": Sent(
        f"{MTE}.0.3", ROOT_FULL,
        "host-storage", "clear", "cleared", V2, "trigger/root/1.3.6.1.2.1.25.2.3.1.6.31",
    ),
    "IF-MIB: the layer below is down": Sent(
        "1.3.6.1.6.3.1.1.5.3", (f"{IF}.1.12", "i", "12", f"{IF}.7.12", "i", "1", f"{IF}.8.12", "i", "7"),
        "link-lower-layer-down", "raise", "minor", V2, "link/12",
    ),
    "RMON: errors": Sent(
        f"{RMON}.0.1", (f"{RMON}.3.1.1.1.10", "i", "10", f"{RMON}.3.1.1.3.10", "o", f"{IF}.14.3", f"{RMON}.3.1.1.5.10", "i", "250"),
        "rmon-if-errors", "raise", "minor", V2, "rmon/10",
    ),
    "RMON: no errors": Sent(
        f"{RMON}.0.2", (f"{RMON}.3.1.1.1.10", "i", "10", f"{RMON}.3.1.1.3.10", "o", f"{IF}.14.3", f"{RMON}.3.1.1.5.10", "i", "0"),
        "rmon-if-errors", "clear", "cleared", V2, "rmon/10",
    ),
    "iDRAC: a fan fails": Sent(
        f"{IDRAC}.2.1.0.2153", (*IDRAC_FAN, f"{IDRAC}.1.3.0", "i", "5"),
        "idrac-fan-failure", "raise", "major", "dell_server:db-01.example.com", "fan/Fan.Embedded.3A",
    ),
    "iDRAC: the fan runs, SNMPv1": Sent(
        f"{IDRAC}.2.1", (*IDRAC_FAN, f"{IDRAC}.1.3.0", "i", "3"),
        "idrac-fan-ok", "clear", "cleared", "dell_server:db-01.example.com", "fan/Fan.Embedded.3A", specific="2155",
    ),
    "CISCO-CONFIG-MAN: changed": Sent(
        f"{CONFIG}.2.0.1", (f"{CONFIG}.1.1.6.1.3.5", "i", "1", f"{CONFIG}.1.1.6.1.4.5", "i", "2", f"{CONFIG}.1.1.6.1.5.5", "i", "3"),
        "cisco-config-changed", "update", "warning", V2, "configuration",
    ),
    "CISCO-ENVMON: warm, SNMPv1": Sent(
        f"{ENVMON}.3", (*SENSOR, "2"),
        "cisco-envmon-temperature", "raise", "minor", V1, "temperature/SW#1", specific="3",
    ),
    "CISCO-ENVMON: cool, by the other notification": Sent(
        f"{ENVMON}.3.0.7", (*SENSOR, "1"),
        "cisco-envmon-temperature", "clear", "cleared", V2, "temperature/SW#1",
    ),
}  # fmt: skip


@pytest.fixture
def trap_socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


@pytest.mark.parametrize("sent", TRAPS.values(), ids=TRAPS)
def test_a_vendors_trap_becomes_the_event_that_its_rule_promises(
    sent: Sent, trap_socket: socket.socket, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{trap_socket.getsockname()[1]}"
    if sent.specific:
        command = ["-v1", "-c", "laboratory", address, sent.oid, "198.51.100.30", "6", sent.specific, "12345"]
    else:
        command = ["-v2c", "-c", "laboratory", address, "12345", sent.oid]
    quiet = {"MIBS": "", "SNMPCONFPATH": str(tmp_path), "SNMP_PERSISTENT_DIR": str(tmp_path)}
    subprocess.run(["snmptrap", *command, *sent.varbinds], env=os.environ | quiet, check=True, timeout=30)
    datagram = trap_socket.recv(65535)

    trap = decode(datagram, RECEIVER, NOW).to_record("t", datetime.fromtimestamp(NOW, UTC), "127.0.0.1", 40162)
    event = match(trap, RULES)

    assert isinstance(event, AlertEvent), event
    assert (event.rule_id, event.kind, event.severity) == (sent.rule, sent.kind, sent.severity)
    assert (event.target.id, event.alert_key) == (sent.target, sent.alert_key)
