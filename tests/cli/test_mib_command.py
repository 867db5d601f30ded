"""`trapline mib …` as users run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mibs.texts import HEAD, OBJECTS, TC, TRAP, V2

TRAPLINE = str(Path(sys.executable).with_name("trapline"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme.v1").write_text(HEAD + OBJECTS + TRAP.replace("acmeState }", "acmeState, }") + "END\n")
    (tmp_path / "acme.mib").write_text(V2)
    (tmp_path / "types.mib").write_text(TC)
    return tmp_path


def _mib(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TRAPLINE_")}
    return subprocess.run(
        [TRAPLINE, "mib", *arguments],
        env=clean | {"TRAPLINE_HOME": str(folder / "home"), "TRAPLINE_SITE": str(folder / "site")},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_mib_is_added_whatever_its_file_is_called_and_its_repairs_are_told(folder: Path) -> None:
    result = _mib(folder, "add", "acme.v1")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "ACME-MIB: 1 notifications, 2 objects (acme.v1)",
        "  repaired: line 18: a comma before a closing brace is left out",
    ]
    assert _mib(folder, "list").stdout.splitlines()[0] == "ACME-MIB: 1 notifications, 2 objects (acme.v1)"
    assert "  repaired: line 18" in _mib(folder, "show", "ACME-MIB").stdout


def test_what_is_missing_is_named_and_nothing_is_added(folder: Path) -> None:
    result = _mib(folder, "add", "acme.v1", "acme.mib")
    assert result.returncode == os.EX_CONFIG
    assert (
        "acme.mib: ACME-V2-MIB imports from ACME-TC-MIB, unknown here; add the file of ACME-TC-MIB too" in result.stderr
    )
    assert not (folder / "home" / "mibs").exists()
    assert _mib(folder, "add", "acme.mib", "types.mib").returncode == 0


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (
            "acmeTooWarm",
            [
                "ACME-V2-MIB::acmeTooWarm",
                "  OID      1.3.6.1.4.1.99998.1.0.1",
                "  kind     notification",
                "  varbind  acmeLevel 1.3.6.1.4.1.99998.1.1.1.1",
                "  varbind  acmeTemperature 1.3.6.1.4.1.99998.1.1.1.2",
                "  It is too warm.",
            ],
        ),
        (
            "1.3.6.1.4.1.99998.1.1.1.1.7",
            [
                "ACME-V2-MIB::acmeLevel.7",
                "  OID      1.3.6.1.4.1.99998.1.1.1.1.7",
                "  kind     column",
                "  type     AcmeLevel (INTEGER)",
                "  values   fine(1), bad(2)",
                "  How bad.",
            ],
        ),
        ("IF-MIB::ifAlias", ["IF-MIB::ifAlias", "  OID      1.3.6.1.2.1.31.1.1.1.18", "  kind     column"]),
    ],
    ids=["a notification", "an instance", "a name of a module that is built in"],
)
def test_show_tells_what_a_name_or_an_oid_is(folder: Path, asked: str, lines: list[str]) -> None:
    assert _mib(folder, "add", "acme.mib", "types.mib").returncode == 0
    assert _mib(folder, "show", asked).stdout.splitlines()[: len(lines)] == lines


def test_a_removed_mib_is_forgotten(folder: Path) -> None:
    assert _mib(folder, "add", "acme.v1").returncode == 0
    assert _mib(folder, "remove", "ACME-MIB").stdout == "ACME-MIB is removed\n"
    result = _mib(folder, "show", "acmeChanged")
    assert result.returncode == os.EX_CONFIG
    assert "nothing is called 'acmeChanged'; `trapline mib list` shows the modules" in result.stderr
    assert "no MIB module 'ACME-MIB' was added" in _mib(folder, "remove", "ACME-MIB").stderr


def test_a_mib_that_a_rule_needs_stays(folder: Path) -> None:
    assert _mib(folder, "add", "acme.v1").returncode == 0
    (folder / "site" / "rules").mkdir(parents=True)
    (folder / "site" / "rules" / "acme.yaml").write_text(
        "rules:\n- {id: acme, match: {trap_oid: acmeChanged}, target: {name: '${acmeName}'}, kind: update, severity: minor,"
        " alert_key: a, message: b, reason: c}\n"
    )
    result = _mib(folder, "remove", "ACME-MIB")
    assert result.returncode == os.EX_CONFIG
    assert "the site's rules could not be read any more, so nothing is changed" in result.stderr
    assert "acme.yaml, line 2: trap_oid 'acmeChanged' is neither an OID" in result.stderr
    assert "ACME-MIB" in _mib(folder, "list").stdout.splitlines()[0]


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    result = _mib(folder, "add", "nothing.mib")
    assert result.returncode == os.EX_CONFIG
    assert "nothing.mib cannot be read: No such file or directory" in result.stderr
