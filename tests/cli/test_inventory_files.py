"""`trapline inventory` on files, as a person calls it."""

import os
import subprocess
import sys
from pathlib import Path

TRAPLINE = str(Path(sys.executable).with_name("trapline"))
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "site" / "inventory.yaml"


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TRAPLINE_")}
    return subprocess.run(
        [TRAPLINE, "inventory", *map(str, arguments)],
        env=clean,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_sample_inventory_has_no_finding() -> None:
    result = _run("check")
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == f"{EXAMPLE}: 52 servers, no error, 0 warnings\n"


def test_all_that_is_wrong_is_printed_as_compilers_do(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(
        "site: A\ntiers: [{id: web}]\nserver_types: [{id: x}]\nserverz: []\nservers:\n- {name: a, tier: b, tipe: x}\n"
    )
    result = _run("check", file)
    assert result.returncode == 78
    assert [line.partition(": error: ")[0] for line in result.stdout.splitlines()] == [
        f"{file}:4",
        f"{file}:6",
        f"{file}:6",
    ]
    assert "3 errors: a node would refuse it" in result.stderr


def test_a_warning_is_no_error(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text("site: A\ntiers: [{id: web}]\n")
    result = _run("check", file)
    assert result.returncode == 0
    assert result.stdout == f"{file}:2: warning: the tier 'web' has no server\n"


def test_a_file_that_is_not_there_is_named() -> None:
    result = _run("check", "/no/such/inventory.yaml")
    assert result.returncode == 78
    assert "/no/such/inventory.yaml cannot be read" in result.stderr


def test_a_change_is_told_against_the_sites_own_file_or_another(tmp_path: Path) -> None:
    file = tmp_path / "inventory.yaml"
    file.write_text(EXAMPLE.read_text().replace("name: partner-db-01", "name: partner-db-02"))
    for old in ((), (EXAMPLE,)):
        result = _run("diff", *old, file)
        assert result.returncode == 0
        assert "+ server partner-db-02 (database, database)" in result.stdout
        assert "~ oracle_database:PARTPRD moves from partner-db-01 to partner-db-02" in result.stdout
    assert _run("diff", EXAMPLE).stdout == "nothing would change\n"


def test_a_table_becomes_an_inventory_that_has_no_finding(tmp_path: Path) -> None:
    table, file = tmp_path / "targets.csv", tmp_path / "inventory.yaml"
    table.write_text("Status ID,Status,Target Type,Target Name\n1,Up,host,a.example.com\n1,Up,oracle_database,P1\n")
    file.write_text(_run("import", table).stdout)
    assert _run("check", file).stderr == f"{file}: 2 servers, no error, 0 warnings\n"
    refused = _run("import", EXAMPLE)
    assert (refused.returncode, refused.stdout) == (78, "")
