"""What a real agent sent (tests/golden/agents/MANIFEST.md), octet for octet, through our decoder and the shipped rules."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from trapline.mibs import store
from trapline.mibs.readable import readable
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.traps import Trap
from trapline.snmp import Community, Credentials, LocalEngine, Security, decode

AGENTS = Path(__file__).parents[1] / "golden" / "agents"
RULES = load_rules(Path("/nonexistent"))
NOW = 1_772_459_460.0
STORAGE = "trigger/storage use/1.3.6.1.2.1.25.2.3.1.6"
SENT = {
    "process-fired.bin": ("host-trigger-fired", "raise", "process table: No nosuchprocess process running", "trigger/process table/1.3.6.1.4.1.2021.2.1.100.1"),
    "memory-fired.bin": ("host-trigger-fired", "raise", "memory: Running out of swap space (0)", "trigger/memory/1.3.6.1.4.1.2021.4.100.0"),
    "storage-rising.bin": ("host-storage", "raise", "Storage Physical memory: 2934776 units are used (storage use)", f"{STORAGE}.1"),
    "storage-falling.bin": ("host-storage", "clear", "Storage Swap space: 0 units are used (storage use)", f"{STORAGE}.10"),
    "device-fired.bin": ("host-device", "clear", "Device network interface lo: hrDeviceStatus is 2 (2 running, 3 warning, 5 down)", "device/1.3.6.1.2.1.25.3.2.1.5.262145"),
    "agent-stops.bin": ("net-snmp-agent", "update", "The net-snmp agent started, stopped or restarted", "start"),
}  # fmt: skip


def _trap(name: str) -> Trap:
    receiver = Security(
        Credentials((Community("lab", b"public"),), ()), LocalEngine(bytes.fromhex("8000ffff01"), 1, NOW)
    )
    received_at = datetime.fromtimestamp(NOW, UTC)
    return decode((AGENTS / name).read_bytes(), receiver, NOW).to_record("t", received_at, "192.0.2.10", 40162)


@pytest.mark.parametrize(
    ("name", "rule", "kind", "message", "alert_key"), [(name, *row) for name, row in SENT.items()], ids=SENT
)
def test_a_real_agents_trap_becomes_its_event(name: str, rule: str, kind: str, message: str, alert_key: str) -> None:
    event = match(_trap(name), RULES)

    assert isinstance(event, AlertEvent), event
    assert (event.rule_id, event.kind, event.message, event.alert_key) == (rule, kind, message, alert_key)
    assert event.target.id == "snmp_agent:192.0.2.10"


def test_every_packet_is_in_the_table() -> None:
    assert {path.name for path in AGENTS.glob("*.bin")} == SENT.keys()


def test_its_varbinds_are_readable_without_any_mib_added() -> None:
    assert readable(_trap("storage-rising.bin").varbinds, store.load(Path("/nonexistent"))) == [
        "mteHotTrigger = storage use",
        "mteHotTargetName = ",
        "mteHotContextName = ",
        "mteHotOID = hrStorageUsed.1 (1.3.6.1.2.1.25.2.3.1.6.1)",
        "mteHotValue = 2934776",
        "hrStorageDescr.1 = Physical memory",
    ]
