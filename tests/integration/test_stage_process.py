"""A stage as a process: TERM ends it in time, whatever Kafka does."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.running_broker import environment, free_ports
from tests.running_node import wait_until
from trapline.node.supervise import GRACE_S, die_with_parent
from trapline.settings import load


@pytest.mark.parametrize("stage", ["normalize", "track"])
def test_a_stage_that_waits_for_a_broker_ends_on_term_before_the_supervisor_kills_it(
    stage: str, tmp_path: Path
) -> None:
    settings = replace(load({}), home=tmp_path, kafka_port=free_ports(2))
    process = subprocess.Popen(
        [sys.executable, "-m", f"trapline.{stage}"],
        env=environment(settings),
        stdout=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    output, said = process.stdout, bytearray()

    def is_waiting() -> bool:
        said.extend(output.read() or b"")
        return b"waiting for Kafka" in said

    wait_until(is_waiting, what="the stage says that it waits")
    process.send_signal(signal.SIGTERM)

    assert process.wait(GRACE_S) == 0
