"""How a stage with a session starts and ends: what the node's terminal shows, and when it is over."""

import os
import signal
import subprocess
import sys

import pytest

from trapline.node.console import Phase, worth_showing


@pytest.mark.parametrize("stage", ["publish", "operate"])
def test_a_wrong_setting_is_one_line_that_the_terminal_shows(stage: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", f"trapline.{stage}"],
        env=os.environ | {"TRAPLINE_WEB_PORT": "99999"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    line = f"ERROR {stage}: TRAPLINE_WEB_PORT is 99999; it must be from 1 to 65535"

    assert (ended.returncode, ended.stderr) == (os.EX_CONFIG, f"{line}\n")
    assert worth_showing(f"2026-11-23T18:02:15+0000 [Guest       11249] {line}", Phase.READY) == line


_BUSY = """
import asyncio, threading
from trapline.wamp.stage import run_stage

async def main(settings):
    print("busy", flush=True)
    await asyncio.to_thread(threading.Event().wait, 60)

run_stage("test", main)
"""


def test_a_thread_that_waits_for_kafka_does_not_keep_a_stage_that_is_told_to_stop() -> None:
    with subprocess.Popen([sys.executable, "-c", _BUSY], stdout=subprocess.PIPE, text=True) as stage:
        assert stage.stdout is not None
        assert stage.stdout.readline() == "busy\n"
        stage.send_signal(signal.SIGTERM)
        # The supervisor kills after six seconds.
        assert stage.wait(5) == 0
        assert stage.stdout.read() == "INFO test: stopped\n"
