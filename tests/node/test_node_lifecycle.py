"""The node never half-lives: whatever is killed comes back, and stopping leaves nothing behind."""

import functools
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.running_node import RunningNode, wait_until

pytestmark = [pytest.mark.node, pytest.mark.kafka]

STAGES = ("ingest", "normalize", "track", "publish", "operate", "broker")


@pytest.fixture(scope="module")
def own_node() -> Iterator[RunningNode]:
    running = RunningNode()
    try:
        yield running.start()
    finally:
        running.close()


@pytest.mark.parametrize("name", STAGES)
def test_a_killed_stage_comes_back_under_the_same_supervisor(own_node: RunningNode, name: str) -> None:
    before, supervisor = own_node.process(name).pid, own_node.process(f"supervise {name}").pid
    own_node.kill(name)
    wait_until(lambda: own_node.is_running(name, other_than=before), 15, f"{name} runs again")
    assert own_node.process(f"supervise {name}").pid == supervisor
    own_node.wait_ready()


@pytest.mark.parametrize("name", ["router", "controller", "supervise track"])
def test_a_node_without_its_router_controller_or_a_supervisor_is_whole_again_within_15_s(
    own_node: RunningNode, name: str
) -> None:
    before = {process.pid for process in own_node.processes()[1:]}
    controller = own_node.process("controller").pid
    # Where other work makes a plain start slow, coming back is as slow; it may never take much longer than that.
    limit_s = max(15, 2 * own_node.ready_after_s)
    own_node.kill(name)
    seconds = wait_until(
        lambda: own_node.is_running("controller", other_than=controller), limit_s, "Crossbar runs again"
    )
    seconds += own_node.wait_ready(limit_s)
    assert seconds < limit_s
    for stage in STAGES:
        wait_until(functools.partial(own_node.is_running, stage), 15, f"{stage} runs")
    assert not before & {process.pid for process in own_node.processes()}
    assert not [pid for pid in before if psutil.pid_exists(pid)]


def test_crossbar_stop_ends_everything_and_is_no_failure(own_node: RunningNode) -> None:
    processes = own_node.processes()
    crossbar = Path(sys.executable).with_name("crossbar")
    subprocess.run(
        [str(crossbar), "stop", "--cbdir", str(own_node.settings.home / "node")], check=True, capture_output=True
    )
    gone, alive = psutil.wait_procs(processes, 15)
    assert not alive
    assert processes[0] in gone
    own_node.start()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_no_process_and_no_data_is_lost(own_node: RunningNode, number: int) -> None:
    processes = own_node.processes()
    assert own_node.stop(number) == 0
    assert not psutil.wait_procs(processes, 1)[1]
    own_node.start()
    assert (own_node.settings.home / "kafka" / "data" / "meta.properties").exists()


def test_killing_trapline_start_itself_leaves_no_process(own_node: RunningNode) -> None:
    processes = own_node.processes()
    own_node.kill("start")
    assert not psutil.wait_procs(processes, 20)[1]
    own_node.start()


def test_a_second_start_says_in_one_sentence_that_the_node_runs(own_node: RunningNode) -> None:
    result = subprocess.run(
        [str(Path(sys.executable).with_name("trapline")), "start"],
        env=own_node.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "runs already" in result.stderr
