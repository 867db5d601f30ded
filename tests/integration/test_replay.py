"""`trapline replay` on a real broker: what stands in `alerts` afterwards, also when it was killed on the way."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ingest.running_ingest import wait_for
from tests.running_broker import RunningBroker, environment
from trapline.cli import trapline
from trapline.kafka.admin import ensure_topics
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.reader import read_to_end
from trapline.kafka.records import Input, Output
from trapline.normalize.component import Normalizer, load_rules
from trapline.protocol import codec
from trapline.protocol.alerts import AlertEvent, EventKind
from trapline.protocol.status import TargetStatus
from trapline.protocol.topics import ALERTS, SNMP_TRAPS, SNMP_TRAPS_UNMATCHED
from trapline.protocol.traps import PduType, Trap, Varbind, Version
from trapline.settings import Settings
from trapline.track.reduce import reduce

pytestmark = pytest.mark.kafka

OID = "1.3.6.1.4.1.99999.7.1"
TRAPS = 1_200
SERVERS = 40
NOW = datetime.now(UTC)


def rule(severity: str, *, name: str = "${server}") -> str:
    return f"""
varbinds: {{server: 1.3.6.1.4.1.99999.1}}
rules:
  - id: ours
    match: {{trap_oid: {OID}}}
    target: {{name: "{name}", type: thing}}
    kind: raise
    severity: {severity}
    alert_key: broken
    message: it is broken
    reason: it says so
"""


def stored(number: int) -> Trap:
    return Trap(
        trap_id=f"{number:032x}",
        received_at=NOW - timedelta(seconds=TRAPS - number),
        version=Version.V2C,
        pdu_type=PduType.TRAP_V2,
        source_addr="192.0.2.7",
        source_port=1,
        security_name="public",
        trap_oid=OID,
        varbinds=(Varbind(oid="1.3.6.1.4.1.99999.1", syntax="OCTET STRING", value=f"server-{number % SERVERS}"),),
    )


class Site:
    """A broker with stored traps that were decided by no rule, and a folder of rules."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.rules = folder / "rules"
        self.rules.mkdir(parents=True)
        self.environment = environment(settings) | {"TRAPLINE_SITE": str(folder)}
        ensure_topics(settings, (SNMP_TRAPS, SNMP_TRAPS_UNMATCHED, ALERTS))
        traps = [stored(number) for number in range(TRAPS)]
        inputs = [Input(SNMP_TRAPS.name, 0, n, b"192.0.2.7", codec.encode(trap)) for n, trap in enumerate(traps)]
        writer = Exclusive(settings, "test-normalize")
        writer.write(Output(SNMP_TRAPS, "192.0.2.7", codec.encode(trap)) for trap in traps)
        writer.write(Normalizer(load_rules(folder)).process(inputs))

    def replay(self, *arguments: str) -> str:
        result: Result = CliRunner(env=self.environment).invoke(
            trapline, ["replay", *arguments], catch_exceptions=False
        )
        assert result.exit_code == 0, result.output
        return result.stdout

    def events(self) -> list[AlertEvent]:
        return [codec.decode(record.value or b"", AlertEvent) for record in read_to_end(self.settings, ALERTS)]

    def standing(self) -> dict[str, tuple[str, str]]:
        """What each trap says after all, by trap id: (target, severity)."""
        last: dict[tuple[str, str], AlertEvent] = {}
        for event in sorted(self.events(), key=lambda each: each.replay_id):
            last[event.trap_id, event.target.id] = event
        return {
            trap_id: (event.target.id, event.severity)
            for (trap_id, _), event in last.items()
            if event.kind is not EventKind.WITHDRAW
        }

    def occurrences(self) -> dict[str, int]:
        """What track counts, by target with something open."""
        statuses: dict[str, TargetStatus] = {}
        for event in self.events():
            after = reduce(statuses.get(event.target.id), event).status
            assert after is not None
            statuses[event.target.id] = after
        return {
            target_id: sum(alert.occurrences for alert in status.open_alerts)
            for target_id, status in statuses.items()
            if status.open_alerts
        }


@pytest.fixture
def site(own_kafka: RunningBroker, tmp_path: Path) -> Site:
    return Site(own_kafka.settings, tmp_path / "site")


def expected(severity: str, name: str = "server-{}") -> dict[str, tuple[str, str]]:
    return {f"{n:032x}": (f"thing:{name.format(n % SERVERS)}", severity) for n in range(TRAPS)}


def test_a_replay_is_a_dry_run_until_it_is_told_to_write_and_says_each_trap_once(site: Site, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(rule("minor"))
    told = site.replay("--from", "all", "--rule", str(draft))
    assert "1,200 traps, 1,200 mean something else by these rules" in told
    assert "1,200  nothing → raise minor by ours" in told
    assert "nothing is written; --yes writes 1,200 events" in told
    assert site.standing() == {}

    told = site.replay("--from", "all", "--unmatched", "--rule", str(draft), "--yes")
    assert "1,200 events written, replay " in told
    assert f"put {draft} into {site.rules}" in told
    assert site.standing() == expected("minor")
    assert "0 events written" in site.replay("--from", "all", "--rule", str(draft), "--yes")
    assert len(site.events()) == TRAPS
    once = {f"thing:server-{number}": TRAPS // SERVERS for number in range(SERVERS)}
    assert site.occurrences() == once

    (site.rules / "ours.yaml").write_text(rule("critical"))
    assert "1,200 events written" in site.replay("--from", "all", "--rules", "--yes")
    assert site.occurrences() == once, "what was counted does not count twice"

    (site.rules / "ours.yaml").write_text(rule("major", name="gateway"))
    told = site.replay("--from", "all", "--rules", "--yes")
    assert "2,400 events written" in told
    assert site.standing() == expected("major", "gateway")
    assert site.occurrences() == {"thing:gateway": TRAPS}
    by_target: dict[str, list[str]] = {}
    for event in site.events():
        by_target.setdefault(f"{event.replay_id}{event.target.id}", []).append(event.trap_id)
    assert all(ids == sorted(ids) for ids in by_target.values()), "a target's events in the order of arrival"


def test_only_the_time_that_was_asked_for_is_replayed(site: Site) -> None:
    (site.rules / "ours.yaml").write_text(rule("minor"))
    half = NOW - timedelta(seconds=TRAPS / 2)
    told = site.replay("--from", half.isoformat(), "--trap-oid", OID, "--rules", "--yes")
    assert "600 traps, 600 mean something else" in told
    assert site.standing() == {key: value for key, value in expected("minor").items() if int(key, 16) >= TRAPS / 2}
    assert "0 traps" in site.replay("--from", "all", "--trap-oid", "1.3.6.1.4.1.1", "--rules")
    assert "600 traps, 600 mean" in site.replay("--from", "all", "--to", half.isoformat(), "--rules")


def test_a_replay_that_was_killed_is_run_again_and_ends_the_same(site: Site) -> None:
    (site.rules / "ours.yaml").write_text(rule("minor"))
    command = [sys.executable, "-c", "from trapline.cli import main; main()", "replay", "--from", "all", "--rules"]
    killed = subprocess.Popen(
        [*command, "--yes"], env=site.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: bool(site.events()) or killed.poll() is not None, "the first of its events")
    os.kill(killed.pid, 9)
    killed.wait()
    written = len(site.events())
    assert written >= 500
    site.replay("--from", "all", "--rules", "--yes")
    assert site.standing() == expected("minor")
    assert len(site.events()) == TRAPS, f"{written} were written before it was killed, none of them twice"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--from", "all"], "say by which rules", id="no rules"),
        pytest.param(["--from", "yesterday", "--rules"], "'yesterday' is no time", id="no time"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_read(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(trapline, ["replay", *arguments])
    assert sentence in str(result.exception)
