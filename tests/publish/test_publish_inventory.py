"""The inventory is edited while the wall is shown."""

import asyncio
import logging
import os
from pathlib import Path

import pytest

from trapline import site
from trapline.publish.component import Publisher
from trapline.settings import load
from trapline.wamp.session import Door

HALF = "site: T\ntiers: [{id: t}]\nserver_types: [{id: x}]\nservers:\n  - {name: a, tier: t, type: x, targets: ['host:a']}\n"
WHOLE = HALF + "  - {name: b, tier: t, type: x, targets: ['host:b']}\n"


class Wall:
    """A publisher without Kafka or router: what its heartbeat does with the file, look by look."""

    def __init__(self, home: Path) -> None:
        settings = load({"TRAPLINE_HOME": str(home), "TRAPLINE_SITE": str(home)})
        (home / "secrets").mkdir()
        (home / "secrets" / "router").write_text("a ticket")
        self._file = home / "inventory.yaml"
        self._writes = 0
        self.write(HALF)
        self._publisher = Publisher(settings, site.load(home), Door(settings))

    def write(self, text: str) -> None:
        self._file.write_text(text)
        self._writes += 1  # each at a time of its own, however coarse the file system's clock is
        os.utime(self._file, (1_000_000_000 + self._writes,) * 2)

    def look(self) -> tuple[str, ...]:
        asyncio.run(self._publisher._reload_inventory())
        return tuple(server.name for server in self._publisher._inventory.servers)

    @property
    def epoch(self) -> str:
        return self._publisher._grid.epoch


@pytest.fixture
def wall(tmp_path: Path) -> Wall:
    return Wall(tmp_path)


def test_a_file_is_taken_once_it_was_the_same_twice(wall: Wall) -> None:
    wall.write(WHOLE)
    assert wall.look() == ("a",), "it may be half written"
    assert wall.look() == ("a", "b")


def test_a_file_that_is_written_in_pieces_is_not_taken_between_them(wall: Wall) -> None:
    before = wall.epoch
    for text in ("site: T\n", HALF, WHOLE):
        wall.write(text)
        assert wall.look() == ("a",)
    assert wall.epoch == before
    assert wall.look() == ("a", "b")


def test_a_file_that_stays_as_it_is_is_read_once(wall: Wall) -> None:
    wall.write(WHOLE)
    wall.look()
    wall.look()
    taken = wall.epoch
    wall.look()
    assert wall.epoch == taken


def test_a_wrong_file_is_said_once_and_the_inventory_stays(wall: Wall, caplog: pytest.LogCaptureFixture) -> None:
    wall.write("site: [")
    with caplog.at_level(logging.ERROR):
        assert [wall.look() for _ in range(4)] == [("a",)] * 4
    assert sum("the wall keeps the inventory it has" in line for line in caplog.messages) == 1
