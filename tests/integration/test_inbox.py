"""The inbox on a real broker: by the command line, and by the procedure that the page asks."""

import itertools
import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.foreign_client import ForeignClient
from tests.running_broker import RunningBroker, environment
from tests.running_router import RunningRouter
from trapline.cli import trapline
from trapline.kafka.admin import ensure_topics
from trapline.kafka.exclusive import Exclusive
from trapline.kafka.records import Output
from trapline.protocol import codec, uris
from trapline.protocol.topics import SNMP_TRAPS_UNMATCHED
from trapline.protocol.traps import PduType, Trap, Unmatched, Varbind, Version
from trapline.settings import Settings

pytestmark = pytest.mark.kafka

NOW = datetime.now(UTC)
_serial = itertools.count(os.getpid() % 1000 * 1000)


def write(settings: Settings, count: int) -> str:
    """So many unmatched traps of one OID of their own. Returns it."""
    ensure_topics(settings, (SNMP_TRAPS_UNMATCHED,))
    trap_oid = f"1.3.6.1.4.1.99999.9.{next(_serial)}"
    traps = [
        Trap(
            trap_id=f"{number:032x}",
            received_at=NOW - timedelta(seconds=count - number),
            version=Version.V2C,
            pdu_type=PduType.TRAP_V2,
            source_addr="192.0.2.7",
            source_port=1,
            security_name="public",
            trap_oid=trap_oid,
            varbinds=(Varbind(oid="1.3.6.1.2.1.2.2.1.8.3", syntax="Integer32", value=2),),
        )
        for number in range(count)
    ]
    reason = f"no rule is for the trap OID {trap_oid}"
    Exclusive(settings, "test-inbox").write(
        Output(SNMP_TRAPS_UNMATCHED, "192.0.2.7", codec.encode(Unmatched(reason=reason, trap=trap))) for trap in traps
    )
    return trap_oid


def run(settings: Settings, *arguments: str, **variables: str) -> str:
    result = CliRunner(env=environment(settings) | variables).invoke(trapline, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_from_the_inbox_to_a_rule_that_its_own_test_case_accepts(kafka: RunningBroker, tmp_path: Path) -> None:
    trap_oid = write(kafka.settings, 3)
    rules = tmp_path / "rules"
    rules.mkdir()
    site = {"TRAPLINE_SITE": str(tmp_path)}
    listed = run(kafka.settings, "inbox", "list", **site).split(trap_oid)[1]
    assert listed.startswith(" from 192.0.2.7, ")
    assert "no rule is for the trap OID" in listed
    shown = run(kafka.settings, "inbox", "show", trap_oid, **site)
    assert "    ifOperStatus.3 = down(2)\n" in shown
    (rules / "draft.yaml").write_text(run(kafka.settings, "inbox", "show", trap_oid, "--rule", **site))
    assert "1 case, none failed" in run(kafka.settings, "rules", "test", str(rules / "draft.yaml"), **site)
    taken = run(kafka.settings, "inbox", "list", **site).split(trap_oid, 1)[1].splitlines()
    assert "the rules take it now: trapline replay" in taken[2]


def test_what_is_not_in_the_inbox_is_said(kafka: RunningBroker) -> None:
    write(kafka.settings, 1)
    for oid, sentence in (
        ("1.3.6.1.4.1.99999.9.0.0", "no trap 1.3.6.1.4.1.99999.9.0.0 is in the inbox"),
        ("linkUp", "no trap linkUp is in the inbox"),
        ("noSuchName", "'noSuchName' is nothing; give the trap OID in numbers"),
    ):
        result = CliRunner(env=environment(kafka.settings)).invoke(trapline, ["inbox", "show", oid])
        assert sentence in str(result.exception)


def test_the_page_asks_for_all_then_for_one_and_is_told_what_is_new(kafka: RunningBroker) -> None:
    first = write(kafka.settings, 2)
    with closing(RunningRouter(kafka.settings)) as router:
        router.start()
        router.stage("operate")
        with closing(ForeignClient(router.settings.web_port)) as client:
            found = client.call_when_served(uris.INBOX_GET)
            counts = {group["trap_oid"]: group["count"] for group in found["groups"]}
            assert counts[first] == 2
            second = write(kafka.settings, 4)
            found = client.call(uris.INBOX_GET, second)
            assert [(group["trap_oid"], group["count"]) for group in found["groups"]] == [(second, 4)]
            assert found["sample"]["varbinds"] == ["ifOperStatus.3 = down(2)"]
            assert f"trap_oid: {second}" in found["sample"]["draft"]
            assert "sample" not in client.call(uris.INBOX_GET)
