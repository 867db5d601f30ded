from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trapline.ingest import state
from trapline.protocol.alerts import BlindInterval
from trapline.snmp import EngineClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("sync", [True, False], ids=["synced", "not synced"])
def test_what_was_saved_is_loaded(tmp_path: Path, sync: bool) -> None:
    path = tmp_path / "state.json"
    saved = state.State(
        engine_id="80001f888001",
        engine_boots=7,
        last_trap_id="0" * 32,
        last_alive_at=NOW,
        kernel_drops={"boot/1": 5},
        untold=(BlindInterval(from_at=NOW, to_at=NOW, reason="why", lost=3),),
    )
    state.save(path, saved, sync=sync)
    assert state.load(path) == saved
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_clocks_are_kept(tmp_path: Path) -> None:
    clocks = (EngineClock("80001f888001", 3, 100, 1.5), EngineClock("80001f888002", 1, 2, 3.0))
    state.save(tmp_path / "clocks.json", clocks, sync=False)
    assert state.load_clocks(tmp_path / "clocks.json") == clocks


@pytest.mark.parametrize("octets", [b"", b"{", b"\xff\xfe", b"[]", b'{"engine_id":1}'], ids=repr)
def test_a_damaged_state_is_a_new_engine_and_is_said(
    tmp_path: Path, octets: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(octets)
    first, second = state.load(path), state.load(path)
    assert first.engine_id != second.engine_id
    assert (first.engine_boots, first.last_alive_at) == (0, None)
    assert str(path) in caplog.text


def test_a_first_start_is_no_damage(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine_id = bytes.fromhex(state.load(tmp_path / "state.json").engine_id)
    assert 5 <= len(engine_id) <= 32
    assert engine_id[0] & 0x80
    assert state.load_clocks(tmp_path / "clocks.json") == ()
    assert caplog.text == ""


@pytest.mark.parametrize("room", [0, 1, 40], ids=["no room", "room for an octet", "room for half"])
@pytest.mark.parametrize("sync", [True, False], ids=["synced", "not synced"])
def test_a_disk_that_takes_less_than_all_leaves_the_old_state(
    tmp_path: Path, small_files: Callable[[int], None], room: int, sync: bool
) -> None:
    path = tmp_path / "state.json"
    old = state.State(engine_id="80001f888001", engine_boots=7)
    state.save(path, old, sync=True)
    small_files(room)
    with pytest.raises(OSError, match="File too large"):
        state.save(path, state.State(engine_id="80001f888001", engine_boots=8), sync=sync)
    assert state.load(path) == old
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_a_state_that_the_disk_does_not_give_is_a_new_engine_and_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state.json").mkdir()
    assert state.load(tmp_path / "state.json").engine_boots == 0
    assert "state.json cannot be read" in caplog.text
