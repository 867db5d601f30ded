"""The command line: one sentence and an exit code that says who has to act."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.running_broker import free_ports
from trapline.cli.start import welcome
from trapline.settings import load

TRAPLINE = str(Path(sys.executable).with_name("trapline"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def _run(home: Path, *arguments: str, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TRAPLINE_")}
    # A cluster of somebody else: nothing here needs jars.
    chosen = {"TRAPLINE_HOME": str(home), "TRAPLINE_KAFKA_BOOTSTRAP": "127.0.0.1:1"} | variables
    return subprocess.run(
        [TRAPLINE, *arguments], env=clean | chosen, input=text, capture_output=True, text=True, timeout=60, check=False
    )


def test_setup_makes_secrets_that_are_ours_alone_and_leaves_them_alone(home: Path) -> None:
    assert _run(home, "setup").returncode == 0
    secrets = {path: path.read_text() for path in (home / "secrets" / "router", home / "snmp.yaml")}
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in secrets)
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in (home, home / "run", home / "secrets"))
    result = _run(home, "setup")
    assert secrets == {path: path.read_text() for path in secrets}
    assert not [
        line for text in secrets.values() for line in text.splitlines() if len(line) > 30 and line in result.stdout
    ]


def test_check_reads_what_a_node_reads(home: Path) -> None:
    _run(home, "setup")
    result = _run(home, "check")
    assert result.returncode == 0
    assert "52 servers" in result.stdout


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TRAPLINE_WEB_PORT": "eighty"}, ["TRAPLINE_WEB_PORT", "eighty"]),
        ({"TRAPLINE_WEBPORT": "80"}, ["TRAPLINE_WEBPORT", "docs/operations.md"]),
        ({"TRAPLINE_SITE": "/no/such/site"}, ["/no/such/site"]),
        ({"TRAPLINE_SNMP_CREDENTIALS": "/no/such.yaml"}, ["/no/such.yaml"]),
        ({"TRAPLINE_WEB_HOST": "wall.example.com"}, ["TRAPLINE_WEB_HOST", "wall.example.com"]),
        ({"TRAPLINE_KAFKA_CLIENT_SECURITY_PROTCOL": "x"}, ["TRAPLINE_KAFKA_CLIENT_SECURITY_PROTCOL"]),
    ],
    ids=["no-number", "no-setting", "no-site", "no-credentials", "no-address", "no-property"],
)
def test_a_wrong_setting_is_one_sentence_and_code_78(home: Path, variables: dict[str, str], words: list[str]) -> None:
    _run(home, "setup")
    for command in ("check", "start"):
        result = _run(home, command, **variables)
        assert result.returncode == 78, result
        (line,) = result.stderr.splitlines()
        assert all(word in line for word in words)


def test_secrets_that_others_can_read_are_refused(home: Path) -> None:
    _run(home, "setup")
    (home / "snmp.yaml").chmod(0o644)
    result = _run(home, "check")
    assert result.returncode == 78
    assert "chmod 600" in result.stderr


@pytest.mark.parametrize(
    ("kind", "variable"),
    [(socket.SOCK_STREAM, "TRAPLINE_WEB_PORT"), (socket.SOCK_DGRAM, "TRAPLINE_TRAP_PORT")],
    ids=["web", "traps"],
)
def test_a_taken_port_is_one_sentence_with_port_and_setting(home: Path, kind: socket.SocketKind, variable: str) -> None:
    first = free_ports(2)
    ports = {"TRAPLINE_WEB_PORT": str(first), "TRAPLINE_TRAP_PORT": str(first + 1), "TRAPLINE_WEB_HOST": "127.0.0.1"}
    with socket.socket(socket.AF_INET, kind) as taker:
        taker.bind(("127.0.0.1", int(ports[variable])))
        result = _run(home, "start", **ports, TRAPLINE_TRAP_HOSTS="127.0.0.1")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert ports[variable] in line
    assert variable in line


def test_operators_come_and_go(home: Path) -> None:
    assert _run(home, "operator", "add", "anna", text="correct horse\n").returncode == 0
    assert _run(home, "operator", "list").stdout == "anna\n"
    assert _run(home, "operator", "remove", "anna").returncode == 0
    assert _run(home, "operator", "list").stdout == ""
    assert _run(home, "operator", "add", "anna").returncode == 78


def test_help_names_every_command(home: Path) -> None:
    result = _run(home, "--help")
    assert all(name in result.stdout for name in ("start", "setup", "check", "operator", "simulate"))


@pytest.mark.parametrize(("community", "is_shown"), [("public", True), ("a secret", False)])
def test_the_welcome_shows_a_plain_trap_only_when_public_is_a_community_and_never_another_one(
    tmp_path: Path, community: str, is_shown: bool
) -> None:
    (tmp_path / "snmp.yaml").write_text(f"communities:\n  - {{name: ours, community: {community}}}\n")
    settings = replace(load({}), home=tmp_path)

    said = welcome(settings, 6.1)

    assert ("snmptrap -v 2c -c public" in said) is is_shown
    assert "a secret" not in said
    assert "http://localhost:8080/" in said


def test_rules_test_tells_a_failing_case_with_its_line_and_fails(home: Path, tmp_path: Path) -> None:
    rules = tmp_path / "ups.yaml"
    rules.write_text(
        """\
rules:
  - {id: ups, match: {trap_oid: 1.3.6.1.4.1.99999.0.1}, target: {name: ups-1}, kind: raise, severity: minor,
     alert_key: power, message: on battery, reason: it says so}
tests:
  - name: on battery
    trap: {trap_oid: 1.3.6.1.4.1.99999.0.1}
    expect: {rule: ups, severity: major}
"""
    )
    failing = _run(home, "rules", "test", str(rules))
    rules.write_text(rules.read_text().replace("major", "minor"))
    mended = _run(home, "rules", "test", str(rules))

    assert (1, 0) == (failing.returncode, mended.returncode), mended.stderr
    assert f"{rules}, line 7: on battery: severity is 'minor', wanted 'major'\n1 case, 1 failed\n" == failing.stdout
    assert "1 case, none failed\n" == mended.stdout


def test_rules_test_runs_the_cases_of_the_site_and_of_the_shipped_rules(home: Path) -> None:
    result = _run(home, "rules", "test")
    listed = _run(home, "rules", "list").stdout

    assert 0 == result.returncode, result.stdout + result.stderr
    assert int(result.stdout.split()[0]) > 10
    assert "alert_key" in json.loads(_run(home, "rules", "schema").stdout)["$defs"]["rule"]["properties"]
    assert listed.index("backup-failed") < listed.index("oem-event") < listed.index("link-down")
