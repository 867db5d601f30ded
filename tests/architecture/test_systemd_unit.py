"""The systemd unit starts what there is, and stops it as Ctrl-C does."""

import os
import re
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT = (ROOT / "packaging" / "systemd" / "trapline.service").read_text()


def _values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def test_it_names_a_command_that_the_package_installs() -> None:
    (start,) = _values("ExecStart")
    (checkout,) = _values("WorkingDirectory")
    command, *arguments = start.split()
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    scripts = dict(
        line.replace(" ", "").split("=", 1)
        for line in setup["options.entry_points"]["console_scripts"].strip().splitlines()
    )
    assert command == f"{checkout}/.venv/bin/trapline"
    assert Path(command).name in scripts
    assert [(ROOT / "backend" / "trapline" / "cli" / f"{argument}.py").is_file() for argument in arguments] == [True]


def test_what_it_says_about_itself_is_there() -> None:
    (checkout,) = _values("WorkingDirectory")
    (page,) = _values("Documentation")
    assert (ROOT / page.removeprefix(f"file://{checkout}/")).is_file()


def test_it_is_started_again_unless_a_setting_is_wrong_and_stopped_as_by_ctrl_c() -> None:
    assert _values("Restart") == ["always"]
    assert _values("RestartPreventExitStatus") == [str(os.EX_CONFIG)]
    assert _values("KillSignal") == ["SIGINT"]


def test_the_guide_names_its_home_and_its_settings_file() -> None:
    guide = (ROOT / "docs" / "operations.md").read_text()
    homes = [value for value in _values("Environment") if value.startswith("TRAPLINE_HOME=")]
    assert homes
    (settings,) = _values("EnvironmentFile")
    assert all(text in guide for text in (homes[0], settings.removeprefix("-")))
