"""The sample site: what it promises, and that its own rule works with the shipped ones."""

import re
import shlex
import socket
import subprocess
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import pytest

from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleFile, load
from trapline.protocol.records import AlertEvent, EventKind
from trapline.protocol.severity import Severity
from trapline.site import Placement
from trapline.site import load as load_site
from trapline.snmp import Community, Credentials, LocalEngine, Security, decode

_SITE = Path(__file__).resolve().parents[2] / "examples" / "site"


def test_the_sample_site_has_11_tiers_4_server_types_and_52_servers() -> None:
    inventory = load_site(_SITE)
    assert (len(inventory.tiers), len(inventory.server_types), len(inventory.servers)) == (11, 4, 52)
    assert {server.tier for server in inventory.servers} == {tier.id for tier in inventory.tiers}
    assert {server.type for server in inventory.servers} == {kind.id for kind in inventory.server_types}


@pytest.mark.netsnmp
def test_the_backup_rule_takes_the_traps_that_it_shows() -> None:
    example = _SITE / "rules" / "backup.yaml"
    shipped = sorted(
        (each for each in resources.files("trapline.normalize").joinpath("rules").iterdir()),
        key=lambda each: each.name,
    )
    rulebook = load(RuleFile(each.name, each.read_text()) for each in (example, *shipped) if each.name[-5:] == ".yaml")
    lines = re.findall(r"^#  +(.*)$", example.read_text(), re.MULTILINE)
    failed = shlex.split(" ".join(lines).replace("\\", ""))
    security = Security(Credentials((Community("p", b"public"),)), LocalEngine(b"\x80\x00\x00\x00\x04here", 1, 0))
    now = datetime.now(UTC)
    events = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(30)
        for trap_oid in ("1.3.6.1.4.1.32473.1.0.1", "1.3.6.1.4.1.32473.1.0.2"):
            here = {"127.0.0.1:1162": "{}:{}".format(*udp.getsockname()), "1.3.6.1.4.1.32473.1.0.1": trap_oid}
            subprocess.run([here.get(word, word) for word in failed], check=True, timeout=30)
            trap = decode(udp.recv(65535), security, now.timestamp()).to_record("0" * 32, now, "127.0.0.1", 1)
            event = match(trap, rulebook)
            assert isinstance(event, AlertEvent), event
            events.append(event)
    assert [event.kind for event in events] == [EventKind.RAISE, EventKind.CLEAR]
    assert events[0].severity is Severity.MINOR
    assert events[0].alert_key == events[1].alert_key
    assert events[0].message == "Backup nightly-full failed: no space left on the backup volume"
    server = Placement(load_site(_SITE)).server_of(events[0].target)
    assert server is not None
    assert server.name == "warehouse-db-01"
