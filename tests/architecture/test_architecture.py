"""The house rules that a machine can hold."""

import ast
import json
import re
import subprocess
from pathlib import Path

import pytest

from trapline import settings as settings_module
from trapline.protocol import topics, uris

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend" / "trapline"
ROOMS = ("ingest", "normalize", "track", "publish", "operate")


def _tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def _sources() -> list[Path]:
    written = {".py", ".ts", ".tsx", ".mjs", ".css"}
    return [path for path in _tracked() if path.suffix in written and ".gen." not in path.name]


def test_no_source_file_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count for path in _sources() if (count := len(path.read_text().splitlines())) > 400
    }

    assert {} == long


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_consumes_produces_keys_delivers_and_keeps(room: str) -> None:
    docstring = ast.get_docstring(ast.parse((BACKEND / room / "__init__.py").read_text())) or ""
    said = [
        line.split(":")[0].strip()
        for line in docstring.splitlines()
        if re.match(r"\s*(Consumes|Produces|Key|Delivery|State):", line)
    ]

    assert ["Consumes", "Produces", "Key", "Delivery", "State"] == said


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_one_component(room: str) -> None:
    assert (BACKEND / room / "component.py").is_file()


def test_every_topic_is_described_in_the_life_of_a_trap() -> None:
    described = (ROOT / "docs" / "flow.md").read_text()

    assert [] == [topic.name for topic in topics.ALL if f"`{topic.name}`" not in described]


def test_the_node_allows_only_uris_that_the_protocol_names() -> None:
    config = json.loads((ROOT / ".crossbar" / "config.json").read_text())
    known = [value for name, value in vars(uris).items() if name.isupper()]
    permissions = [
        permission["uri"]
        for worker in config["workers"]
        for realm in worker.get("realms", [])
        for role in realm["roles"]
        for permission in role["permissions"]
    ]

    assert permissions
    assert [] == [uri for uri in permissions if not any(each.startswith(uri) for each in known)]


def test_every_setting_has_its_line_in_the_operations_guide() -> None:
    rows = re.findall(r"^\| `(TRAPLINE_[A-Z_]+…?)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)

    assert [setting.metadata["variable"] for setting in settings_module.variables()] == rows


def test_no_registry_host_is_named_in_a_lock_file() -> None:
    locks = [path for path in _tracked() if path.suffix == ".lock" or path.name == "package-lock.json"]
    hosts = re.compile(r"https?://[^\s\"']*(pypi|pythonhosted|npmjs|maven|registry)", re.IGNORECASE)

    assert len(locks) >= 3
    assert [] == [path.name for path in locks if hosts.search(path.read_text())]
