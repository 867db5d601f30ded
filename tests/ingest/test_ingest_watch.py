from collections.abc import Callable
from pathlib import Path

import pytest

from trapline.ingest import state
from trapline.ingest.listener import Listener
from trapline.ingest.watch import Watch

ENGINE = bytes.fromhex("80001f888001020304")
OTHER = bytes.fromhex("80001f888001020305")


def kept(home: Path) -> list[str]:
    return [clock.engine_id for clock in state.load_clocks(home / "clocks.json")]


def test_the_clock_of_a_new_engine_is_kept_at_the_next_tick(tmp_path: Path) -> None:
    watch = Watch(tmp_path, Listener([]))
    watch.clocks.accept(ENGINE, 3, 100, 0.0)
    watch.tick(0)
    assert kept(tmp_path) == [ENGINE.hex()]
    watch.clocks.accept(OTHER, 3, 100, 0.0)
    watch.tick(0)
    assert kept(tmp_path) == [ENGINE.hex(), OTHER.hex()]


def test_clocks_of_known_engines_are_written_now_and_then(tmp_path: Path) -> None:
    watch = Watch(tmp_path, Listener([]))
    watch.clocks.accept(ENGINE, 3, 100, 0.0)
    watch.tick(0)
    written = []
    for time in range(101, 121):
        (tmp_path / "clocks.json").unlink(missing_ok=True)
        watch.clocks.accept(ENGINE, 3, time, 0.0)
        watch.tick(0)
        written.append((tmp_path / "clocks.json").exists())
    assert sum(written) == 2


def test_a_restart_writes_nothing_it_has_not_learnt(tmp_path: Path) -> None:
    first = Watch(tmp_path, Listener([]))
    first.clocks.accept(ENGINE, 3, 100, 0.0)
    first.tick(0)
    second = Watch(tmp_path, Listener([]))
    assert not second.clocks.accept(ENGINE, 2, 9999, 1.0), "an older boot of an engine that is known"
    (tmp_path / "clocks.json").unlink()
    second.tick(0)
    assert not (tmp_path / "clocks.json").exists()


def test_a_full_disk_neither_stops_a_run_nor_a_start(
    tmp_path: Path, small_files: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    first = Watch(tmp_path, Listener([]))
    small_files(0)
    for _ in range(3):
        first.clocks.accept(ENGINE, 3, 100, 0.0)
        first.tick(0)
    first.finish()
    assert caplog.text.count("make room on the disk") == 1
    second = Watch(tmp_path, Listener([]))
    second.tick(0)
    assert caplog.text.count("make room on the disk") == 2


def test_a_start_that_cannot_be_counted_is_another_engine(tmp_path: Path, small_files: Callable[[int], None]) -> None:
    first = Watch(tmp_path, Listener([])).engine
    small_files(0)
    second, third = (Watch(tmp_path, Listener([])).engine for _ in range(2))
    assert len({first.engine_id, second.engine_id, third.engine_id}) == 3
    small_files(-1)
    fourth = Watch(tmp_path, Listener([])).engine
    assert (fourth.engine_id, fourth.boots) == (first.engine_id, first.boots + 1)


def test_what_the_disk_did_not_take_is_written_when_there_is_room(
    tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    watch = Watch(tmp_path, Listener([]))
    small_files(0)
    watch.clocks.accept(ENGINE, 3, 100, 0.0)
    watch.repeats.is_repeat(b"digest of 12", 0.0)
    watch.tick(0)
    assert kept(tmp_path) == []
    small_files(-1)
    watch.tick(0)
    assert kept(tmp_path) == [ENGINE.hex()]
    assert Watch(tmp_path, Listener([])).repeats.is_repeat(b"digest of 12", 0.0)
