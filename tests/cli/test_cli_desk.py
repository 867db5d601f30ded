"""Operators at the command line, where no node answers or nobody serves; with one: tests/e2e/test_upkeep.py."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.running_router import RunningRouter
from trapline.settings import load

_TRAPLINE = str(Path(sys.executable).with_name("trapline"))


def trapline(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TRAPLINE_")}
    return subprocess.run(
        [_TRAPLINE, *words],
        env=clean | {"TRAPLINE_HOME": str(home), "TRAPLINE_KAFKA_BOOTSTRAP": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def router() -> Iterator[RunningRouter]:
    """A router, and no stage that would serve anything."""
    running = RunningRouter(replace(load({}), kafka_bootstrap="127.0.0.1:1"))
    try:
        yield running.start()
    finally:
        running.close()


@pytest.mark.parametrize(
    "words", [["ack", "web-01"], ["retired"], ["maintenance", "list"], ["restore", "web-01"]], ids=lambda each: each[0]
)
def test_where_no_node_runs_that_is_said_with_the_way_out(tmp_path: Path, words: list[str]) -> None:
    before = trapline(tmp_path, *words)
    assert (before.returncode, len(before.stderr.splitlines())) == (78, 1)
    assert "`trapline setup` makes it" in before.stderr
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "router").write_text("a secret")
    after = trapline(tmp_path, *words)
    assert (after.returncode, len(after.stderr.splitlines())) == (1, 1)
    assert "no node answers at" in after.stderr
    assert "TRAPLINE_HOME" in after.stderr
    assert "a secret" not in after.stderr


@pytest.mark.node
def test_where_a_stage_is_missing_that_is_said_and_nothing_is_done(router: RunningRouter) -> None:
    ended = trapline(router.settings.home, "retire", "host:a", "--reason", "sold")
    assert ended.returncode == 1
    assert "nobody serves trapline.op.target.retire just now; try again in a moment" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.node
def test_a_wrong_secret_is_refused_in_the_routers_words(router: RunningRouter) -> None:
    secret = router.settings.home / "secrets" / "router"
    right = secret.read_text()
    stale = router.settings.home / "stale"
    (stale / "secrets").mkdir(parents=True)
    (stale / "run").symlink_to(router.settings.run_dir)
    (stale / "secrets" / "router").write_text("wrong")
    ended = trapline(stale, "retired")
    assert ended.returncode == 1
    assert "name or password is wrong" in ended.stderr
    assert right.strip() not in ended.stderr


@pytest.mark.parametrize("name", ["ack", "unack", "maintenance", "retire", "restore", "retired"])
def test_every_command_says_what_it_does_without_a_node(tmp_path: Path, name: str) -> None:
    ended = trapline(tmp_path, name, "--help")
    assert ended.returncode == 0
    assert "TARGET" in ended.stdout or name in {"maintenance", "retired"}
