from pathlib import Path

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
