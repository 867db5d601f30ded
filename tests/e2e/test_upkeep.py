"""What people decide at the command line, seen on the glass: acknowledge, planned work, retire and restore."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.glass import Glass, cells_of, main_target, new_sequence_id
from tests.e2e.net_snmp import NetSnmp, event
from tests.foreign_client import ForeignClient
from tests.running_node import RunningNode, wait_until
from trapline.protocol import uris
from trapline.protocol.alerts import Target
from trapline.protocol.grid import Cell

pytestmark = [pytest.mark.node, pytest.mark.kafka, pytest.mark.netsnmp]

_TRAPLINE = str(Path(sys.executable).with_name("trapline"))
PATIENCE_S = 30


def trapline(node: RunningNode, *words: str, code: int = 0) -> str:
    """What the command says: on standard output, or on standard error where it is to fail."""
    ended = subprocess.run(
        [_TRAPLINE, *words], env=node.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == code, ended
    return ended.stderr if code else ended.stdout


def cell(node: RunningNode, server: str) -> Cell:
    return cells_of(node)[server]


def retirements(node: RunningNode) -> dict[str, Any]:
    with ForeignClient(node.settings.web_port) as viewer:
        listed: dict[str, Any] = viewer.call_when_served(uris.RETIREMENTS_GET)
        return listed


def test_an_acknowledgement_ends_by_itself_at_its_time(node: RunningNode, net_snmp: NetSnmp) -> None:
    target, sequence_id = main_target(node, "portal-02"), new_sequence_id()
    net_snmp.trap_v1(event(target, "CRITICAL", sequence_id))
    wait_until(lambda: cell(node, "portal-02").severity == "major", PATIENCE_S, "the alert is open")
    said = trapline(node, "ack", "portal-02", "--note", "on it", "--until", "4s")
    assert f"undo: trapline unack {target.id}" in said
    wait_until(lambda: cell(node, "portal-02").acknowledgement is not None, PATIENCE_S, "it is acknowledged")
    wait_until(lambda: cell(node, "portal-02").acknowledgement is None, PATIENCE_S, "it has had its time")
    assert cell(node, "portal-02").severity == "major"
    trapline(node, "ack", "portal-02", "--note", "on it")
    wait_until(lambda: cell(node, "portal-02").acknowledgement is not None, PATIENCE_S, "it is acknowledged again")
    given = cell(node, "portal-02").acknowledgement
    assert given
    assert (given.operator.partition(":")[0], given.note) == ("local", "on it")
    trapline(node, "unack", target.id)
    wait_until(lambda: cell(node, "portal-02").acknowledgement is None, PATIENCE_S, "it is taken back")
    net_snmp.trap_v1(event(target, "CLEAR", sequence_id))
    wait_until(lambda: cell(node, "portal-02").severity == "cleared", PATIENCE_S, "it is over")


def test_planned_work_shows_on_a_whole_tier_and_ends_when_it_is_ended(node: RunningNode) -> None:
    servers = [server for server, each in cells_of(node).items() if each.tier == "database"]
    assert servers
    said = trapline(node, "maintenance", "start", "--tier", "database", "--for", "2h", "--note", "new disks")
    window_id = re.findall(r"undo: trapline maintenance end (\w+)", said)[0]

    def planned() -> list[bool]:
        cells = cells_of(node)
        return [cells[server].maintenance is not None for server in servers]

    wait_until(lambda: all(planned()), PATIENCE_S, "the tier is in maintenance")
    shown = cell(node, servers[0]).maintenance
    assert shown
    assert shown.note == "new disks"
    listed = trapline(node, "maintenance", "list")
    assert window_id in listed
    assert "tier database" in listed
    assert "under way since" in listed
    trapline(node, "maintenance", "end", window_id)
    wait_until(lambda: not any(planned()), PATIENCE_S, "it is over")


def test_work_that_is_planned_begins_by_the_clock(node: RunningNode) -> None:
    said = trapline(node, "maintenance", "start", "web-03", "--from", "3s", "--for", "2h", "--repeat", "FREQ=DAILY")
    window_id = re.findall(r"undo: trapline maintenance end (\w+)", said)[0]
    wait_until(lambda: cell(node, "web-03").maintenance is not None, PATIENCE_S, "it has begun")
    assert "server web-03" in trapline(node, "maintenance", "list")
    trapline(node, "maintenance", "end", window_id)
    wait_until(lambda: cell(node, "web-03").maintenance is None, PATIENCE_S, "it is ended, and all that would recur")
    assert window_id not in trapline(node, "maintenance", "list")


@pytest.mark.browser
def test_a_retired_server_is_off_the_glass_stays_off_and_is_told_of_until_it_is_restored(
    node: RunningNode, net_snmp: NetSnmp, glass: Glass
) -> None:
    target, sequence_id = Target(name="old-box.example.com", type="host"), new_sequence_id()
    net_snmp.trap_v1(event(target, "CRITICAL", sequence_id))
    glass.open(node.url)
    glass.shows(target.id, "major")

    said = trapline(node, "retire", target.id, "--reason", "scrapped")
    assert f"undo: trapline restore {target.id}" in said
    glass.page.wait_for_selector(f'[data-server="{target.id}"]', state="detached")
    (retired,) = [one for one in retirements(node)["retired"] if one["target_id"] == target.id]
    assert (retired["reason"], retired["operator"].partition(":")[0]) == ("scrapped", "local")

    meanwhile = new_sequence_id()
    net_snmp.trap_v1(event(target, "FATAL", meanwhile))

    def heard_again() -> list[str]:
        return [one["target_id"] for one in retirements(node).get("heard_again", [])]

    wait_until(lambda: target.id in heard_again(), PATIENCE_S, "the notice shows")
    assert target.id not in glass.cells()
    glass.page.wait_for_selector(f"text=Heard from a retired server: {target.id}")
    assert "heard of since, once" in trapline(node, "retired")

    assert target.id in trapline(node, "restore", target.id)
    glass.shows(target.id, "critical")  # what is so now, not what was
    glass.page.wait_for_selector("text=Heard from a retired server", state="detached")
    assert target.id not in [one["target_id"] for one in retirements(node)["retired"]]
    for each in (sequence_id, meanwhile):
        net_snmp.trap_v1(event(target, "CLEAR", each))
    glass.shows(target.id, "cleared")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        pytest.param(["ack", "nowhere"], 1, "there is no server 'nowhere' on this wall", id="no server"),
        pytest.param(["ack", "host:x", "--until", "soon"], 78, "'soon' is no time; write 2h", id="no time"),
        pytest.param(["retire", "host:never", "--reason", "x"], 1, "nothing was ever heard of it", id="never heard of"),
        pytest.param(["restore", "nowhere"], 78, "nothing of 'nowhere' is retired", id="not retired"),
        pytest.param(["maintenance", "start", "--tier", "moon"], 78, "there is no tier 'moon'; the wall has", id="tier"),
        pytest.param(["maintenance", "start"], 1, "no target is named", id="no target"),
        pytest.param(["maintenance", "end", "w"], 78, "there is no window 'w'", id="no window"),
        pytest.param(
            ["maintenance", "start", "web-01", "--for", "1h", "--repeat", "FREQ=HOURLY"], 1, "'FREQ=HOURLY'", id="rule"
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_one_sentence(
    node: RunningNode, words: list[str], code: int, sentence: str
) -> None:
    said = trapline(node, *words, code=code)
    assert sentence in said
    assert len(said.splitlines()) == 1
