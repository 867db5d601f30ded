"""On a whole node, with net-snmp as the sender: what waits for somebody gets onto the wall by what the guide says."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from tests.running_node import RunningNode, wait_until
from trapline.kafka.reader import read_to_end
from trapline.protocol import codec
from trapline.protocol.status import TargetStatus
from trapline.protocol.topics import STATUS

pytestmark = [pytest.mark.node, pytest.mark.kafka, pytest.mark.netsnmp]

ENGINE = f"80001f8805{secrets.token_hex(8)}"
PASSWORD = "newcomers-password"
LINK_DOWN = "1.3.6.1.6.3.1.1.5.3"
UNKNOWN_TRAP = "1.3.6.1.4.1.99999.8.1"
TARGET = "snmp_agent:127.0.0.1"


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with closing(RunningNode()) as running:
        yield running.start()


def trapline(node: RunningNode, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("trapline")), *arguments]
    done = subprocess.run(command, env=node.environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def send(node: RunningNode, folder: Path, trap_oid: str) -> None:
    environment = os.environ | {"MIBS": "", "SNMPCONFPATH": str(folder), "SNMP_PERSISTENT_DIR": str(folder)}
    options = ["-v3", "-l", "authPriv", "-u", "newcomer", "-a", "SHA", "-A", PASSWORD, "-x", "AES", "-X", PASSWORD]
    varbind = ["1.3.6.1.2.1.2.2.1.1.3", "i", "3"]
    subprocess.run(
        ["snmptrap", *options, "-e", f"0x{ENGINE}", f"127.0.0.1:{node.trap_port}", "1", trap_oid, *varbind],
        env=environment,
        check=True,
        timeout=30,
    )


def open_alerts(node: RunningNode) -> dict[str, tuple[str, int]]:
    """Severity and occurrences of what is open on the target, by key."""
    newest = [record.value for record in read_to_end(node.settings, STATUS) if record.key == TARGET.encode()][-1:]
    if not newest or newest[0] is None:
        return {}
    status = codec.decode(newest[0], TargetStatus)
    return {alert.alert_key: (alert.severity, alert.occurrences) for alert in status.open_alerts}


def test_from_an_unknown_sender_and_an_unknown_trap_to_the_wall(node: RunningNode, tmp_path: Path) -> None:
    send(node, tmp_path, LINK_DOWN)
    wait_until(lambda: f"{ENGINE}/newcomer  undecided" in trapline(node, "sender", "list"), 60, "the sender is listed")
    assert open_alerts(node) == {}

    credentials = node.settings.credentials_file
    known = yaml.safe_load(credentials.read_text())
    user = {
        "name": "newcomer",
        "auth": {"protocol": "SHA", "password": PASSWORD},
        "privacy": {"protocol": "AES", "password": PASSWORD},
        "engine_ids": ["80001f88050000000000"],
    }
    credentials.write_text(yaml.safe_dump(known | {"users": [*(known.get("users") or []), user]}))
    trapline(node, "sender", "approve", f"{ENGINE}/newcomer", "--note", "the new OEM")
    wait_until(lambda: open_alerts(node) == {"link/3": ("major", 1)}, 60, "the held trap is on the wall")

    send(node, tmp_path, UNKNOWN_TRAP)
    wait_until(lambda: UNKNOWN_TRAP in trapline(node, "inbox", "list"), 60, "the trap is in the inbox")
    draft = tmp_path / "draft.yaml"
    draft.write_text(trapline(node, "inbox", "show", UNKNOWN_TRAP, "--rule"))
    assert "1 case, none failed" in trapline(node, "rules", "test", str(draft))
    draft.write_text(draft.read_text().replace("severity: warning  ", "severity: critical "))
    replay = ("replay", "--from", "1h", "--rule", str(draft))
    assert "1  nothing → raise critical by draft-" in trapline(node, *replay)
    assert "1 event written" in trapline(node, *replay, "--yes")
    both = {"link/3": ("major", 1), UNKNOWN_TRAP: ("critical", 1)}
    wait_until(lambda: open_alerts(node) == both, 60, "the replayed trap is on the wall")
    assert "0 events written" in trapline(node, *replay, "--yes")
    assert "0 dead letters" in trapline(node, "dead", "list")
    assert open_alerts(node) == both
