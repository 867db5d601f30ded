"""The sample site: what it promises, and that its own rule works with the shipped ones."""

import re
import shlex
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest

from trapline.normalize.match import match
from trapline.normalize.rulebook import RuleBook, RuleFile, load
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.severity import Severity
from trapline.protocol.status import TargetStatus
from trapline.simulate.packets import datagrams
from trapline.simulate.scenario import load as load_scenario
from trapline.simulate.scenario import parse as parse_scenario
from trapline.simulate.timeline import timeline
from trapline.site import Placement
from trapline.site import load as load_site
from trapline.snmp import Community, Credentials, LocalEngine, Security, User, decode
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol
from trapline.track.reduce import reduce

_SITE = Path(__file__).resolve().parents[2] / "examples" / "site"
_COMMUNITY = Community("public", b"public")
_USER = User("oem", AuthProtocol.SHA, b"an-auth-password", PrivacyProtocol.AES, b"a-privacy-password")


def test_the_sample_site_has_11_tiers_4_server_types_and_52_servers() -> None:
    inventory = load_site(_SITE)
    assert (len(inventory.tiers), len(inventory.server_types), len(inventory.servers)) == (11, 4, 52)
    assert {server.tier for server in inventory.servers} == {tier.id for tier in inventory.tiers}
    assert {server.type for server in inventory.servers} == {kind.id for kind in inventory.server_types}


def _rulebook(*own: Path) -> RuleBook:
    folder = resources.files("trapline.normalize").joinpath("rules")
    shipped = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=lambda each: each.name)
    return load(RuleFile(each.name, each.read_text()) for each in (*own, *shipped))


@pytest.mark.parametrize("secret", [_COMMUNITY, _USER], ids=["v1", "v3"])
@pytest.mark.parametrize("name", ["first-look", "flapping", "quiet-night", "a-bad-monday", "planned-work"])
def test_a_shipped_scenario_shows_trouble_and_leaves_a_quiet_wall(name: str, secret: Community | User) -> None:
    inventory, rulebook = load_site(_SITE), _rulebook()
    scenario = load_scenario(_SITE / "scenarios" / f"{name}.yaml", inventory)
    started_at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    make = datagrams(scenario, inventory.time_zone, secret, started_at, 1)
    security = Security(Credentials((_COMMUNITY,), (_USER,)), LocalEngine(b"\x80\x00\x00\x00\x04here", 1, 0))
    statuses: dict[str, TargetStatus] = {}
    seen: set[Severity] = set()
    for number, told in enumerate(timeline(scenario, inventory, 1)):
        at = started_at + timedelta(seconds=told.at_s)
        trap_id = f"{int(at.timestamp() * 1e6):014x}{number:06x}{0:012x}"
        trap = decode(make(told), security, at.timestamp()).to_record(trap_id, at, "127.0.0.1", 1)
        event = match(trap, rulebook)
        assert isinstance(event, AlertEvent), event
        assert (event.target.id, event.target.host) == (told.target.id, told.target.host)
        # Of what is no plain outage, the rules say what it means before what OEM says of it.
        assert event.message.endswith(told.message)
        assert event.caveats == ()
        assert "Operating System" in event.target.properties
        status = reduce(statuses.get(event.target.id), event).status
        assert status is not None
        statuses[event.target.id] = status
        seen.add(status.severity)
    assert len(seen) > 2
    assert {status.severity for status in statuses.values()} == {Severity.CLEARED}
    placement = Placement(inventory)
    placed = {server.name for each in statuses.values() if (server := placement.server_of(each.target)) is not None}
    assert placed == {server.name for server in inventory.servers}


def _told(steps: str, security: Security) -> list[tuple[AlertEvent, str]]:
    """What a scenario's traps become, each with what OEM said."""
    inventory, rulebook = load_site(_SITE), _rulebook()
    scenario = parse_scenario(f"title: t\n{steps}", "t.yaml", inventory)
    started_at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    make = datagrams(scenario, inventory.time_zone, _COMMUNITY, started_at, 1)
    found: list[tuple[AlertEvent, str]] = []
    for told in timeline(scenario, inventory, 1):
        at = started_at + timedelta(seconds=told.at_s)
        event = match(
            decode(make(told), security, at.timestamp()).to_record(f"{len(found):032x}", at, "127.0.0.1", 1), rulebook
        )
        assert isinstance(event, AlertEvent), event
        found.append((event, told.message))
    return found


_V1 = Security(Credentials((_COMMUNITY,)), LocalEngine(b"\x80\x00\x00\x00\x04here", 1, 0))


@pytest.mark.parametrize("legacy", ["[]", "[oracle_database, host]"], ids=["oraEMNGEvent", "oraEM4Alert"])
def test_a_blackout_is_maintenance_and_an_agent_that_is_lost_is_not_an_outage(legacy: str) -> None:
    lost = "{do: agent_down, server: policy-db-01, clear_after: 5s}"
    steps = f"legacy_types: {legacy}\nsteps:\n- {{do: blackout, server: policy-db-01, lasts: 9s}}\n- {lost}"
    of_database = [event for event, _ in _told(steps, _V1) if event.target.id == "oracle_database:POLPRD"]

    assert [(event.kind, event.severity) for event in of_database] == [
        (EventKind.MAINTENANCE_START, Severity.INDETERMINATE),
        (EventKind.RAISE, Severity.MAJOR),
        (EventKind.CLEAR, Severity.CLEARED),
        (EventKind.MAINTENANCE_END, Severity.INDETERMINATE),
    ]
    begun, raised, over, ended = of_database
    status = None
    for event in of_database:
        status = reduce(status, event).status
    assert status is not None
    assert [(begun.received_at, ended.received_at)] == [(window.from_at, window.to_at) for window in status.windows]
    assert (Severity.CLEARED, ()) == (status.severity, status.open_alerts)
    assert (begun.alert_key, raised.alert_key) == (ended.alert_key, over.alert_key)
    assert "nobody knows whether it is up" in raised.message


def test_a_trap_that_oem_cut_short_says_so_and_keeps_what_counts() -> None:
    outage = "steps: [{do: outage, server: policy-db-01, escalate_after: 1s, clear_after: 2s}]"
    ((whole, _), *_), ((cut, _), (escalated, _), (clear, _)) = (
        _told(outage, _V1),
        _told(f"packet_limit: 900\n{outage}", _V1),
    )

    assert (whole.target.id, whole.alert_key, whole.severity) == (cut.target.id, cut.alert_key, cut.severity)
    assert (whole.caveats, len(whole.links), len(cut.links)) == ((), 2, 0)
    assert "OEM left out links, categories, properties and comments" in cut.caveats[0]
    assert {"lifecycle_status", "version"} == cut.target.properties.keys()
    assert escalated.incident is not None
    assert "1" == escalated.incident.escalation
    assert (EventKind.CLEAR, whole.alert_key) == (clear.kind, clear.alert_key)


@pytest.mark.netsnmp
def test_the_backup_rule_takes_the_traps_that_it_shows() -> None:
    example = _SITE / "rules" / "backup.yaml"
    rulebook = _rulebook(example)
    lines = re.findall(r"^#  +(.*)$", example.read_text(), re.MULTILINE)
    failed = shlex.split(" ".join(lines).replace("\\", ""))
    security = Security(Credentials((_COMMUNITY,)), LocalEngine(b"\x80\x00\x00\x00\x04here", 1, 0))
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
