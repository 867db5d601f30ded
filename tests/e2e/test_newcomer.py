"""What a newcomer does in the first minutes: start, paste what was printed, play a scenario, stop, start again."""

import signal
import subprocess
from collections.abc import Iterator
from itertools import pairwise

import psutil
import pytest

from tests.e2e.expected import without_trend
from tests.e2e.glass import cells_of
from tests.running_node import RunningNode, wait_until
from trapline import site
from trapline.protocol.severity import Severity

pytestmark = [pytest.mark.node, pytest.mark.kafka]

PATIENCE_S = 30


@pytest.fixture(scope="module")
def fresh() -> Iterator[RunningNode]:
    """A node of which nothing is there before its start but the broker's jars."""
    running = RunningNode()
    try:
        yield running.start()
    finally:
        running.close()


def printed(node: RunningNode) -> list[str]:
    """What the last start printed, line by line, as one reads it."""
    return [line.strip() for line in (node.settings.home / "start.log").read_text().splitlines()]


def line_with(node: RunningNode, beginning: str) -> str:
    """The newest printed line that begins so: the welcome comes a moment after the wall answers."""

    def found() -> list[str]:
        return [line for line in printed(node) if line.startswith(beginning)]

    wait_until(lambda: bool(found()), PATIENCE_S, f"a line that begins with {beginning!r}")
    return found()[-1]


def paste(node: RunningNode, command: str) -> subprocess.CompletedProcess[str]:
    """Runs a line in bash, where the node's settings are exported, as an operator's shell would have them."""
    return subprocess.run(
        ["bash", "-c", command], env=node.environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_start_prints_the_walls_address_the_trap_port_and_a_first_trap(fresh: RunningNode) -> None:
    assert fresh.url in line_with(fresh, "The wall:")
    assert f"UDP port {fresh.trap_port}" in line_with(fresh, "Traps go to:")
    line_with(fresh, "A first trap:")
    assert f"127.0.0.1:{fresh.trap_port}" in line_with(fresh, "snmptrap ")


def test_no_secret_is_printed(fresh: RunningNode) -> None:
    text = "\n".join(printed(fresh))
    words = fresh.settings.credentials_file.read_text().replace("}", " ").split()
    passwords = [after for word, after in pairwise(words) if word == "password:"]
    assert len(passwords) == 2
    assert not [password for password in passwords if password in text]


@pytest.mark.netsnmp
def test_the_printed_first_trap_changes_a_cell(fresh: RunningNode) -> None:
    before = without_trend(cells_of(fresh))
    ended = paste(fresh, line_with(fresh, "snmptrap "))
    assert ended.returncode == 0, ended.stderr
    wait_until(lambda: without_trend(cells_of(fresh)) != before, PATIENCE_S, "a cell changes")


def test_the_printed_scenario_plays_and_leaves_a_quiet_wall(fresh: RunningNode) -> None:
    command = next(line for line in printed(fresh) if " simulate first-look " in line)
    servers = {server.name for server in site.load(fresh.settings.site).servers}
    ended = paste(fresh, f"{command} --speed 20")
    assert ended.returncode == 0, ended.stderr

    def loud() -> dict[str, Severity | None]:
        cells = cells_of(fresh)
        return {server: cells[server].severity for server in servers if cells[server].severity != Severity.CLEARED}

    wait_until(lambda: not loud(), PATIENCE_S, "a quiet wall")


def test_ctrl_c_leaves_no_process_and_the_next_start_shows_the_same_wall(fresh: RunningNode) -> None:
    before = without_trend(cells_of(fresh))
    assert {cell.severity for cell in before.values()} == {Severity.CLEARED}
    processes = fresh.processes()
    assert fresh.stop(signal.SIGINT) == 0
    assert not psutil.wait_procs(processes, 1)[1]
    fresh.start()
    assert without_trend(cells_of(fresh)) == before
