"""How a stage with a session says that a setting is wrong: so that the node's terminal shows it."""

import os
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
