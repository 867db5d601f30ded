"""kill -9 of every part under a steady load: what was answered is stored, the wall is the fold of what is stored, and
every trap that was lost is accounted for.

One load and one sweep of kills, then the questions. TRAPLINE_SOAK=1 makes it two hundred kills at random.
"""

import json
import os
import random
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.e2e.expected import Expected, without_trend
from tests.e2e.glass import read_cells
from tests.e2e.load import INFORM_TARGETS, Informs, Storm, inform_text
from tests.foreign_client import ForeignClient, WampError
from tests.running_node import RunningNode, wait_until
from trapline.ingest.blind import KERNEL, NOT_RUNNING
from trapline.kafka.reader import Follower
from trapline.protocol import uris
from trapline.protocol.alerts import BlindInterval
from trapline.protocol.grid import Cell, Heartbeat
from trapline.protocol.topics import SNMP_TRAPS

pytestmark = [pytest.mark.node, pytest.mark.kafka]

IS_SOAK = os.environ.get("TRAPLINE_SOAK") == "1"
SOAK_KILLS = 200
TRAPS_PER_S, INFORMS_PER_S = 500, 20
PARTS = ("ingest", "normalize", "track", "publish", "broker", "router")
PATIENCE_S = 60
# Blind intervals are by ingest's clock: between the sending of a datagram and ingest's look at it lies the kernel.
LOOK = timedelta(seconds=0.5)
_FIGURES = Path(__file__).resolve().parents[2] / "test-results" / "faults.json"


def kills() -> Iterator[str]:
    """Each part once; in a soak SOAK_KILLS more, at random."""
    yield from PARTS
    yield from random.Random(1162).choices(PARTS, k=SOAK_KILLS if IS_SOAK else 0)


class Aftermath:
    """A node, its load, the kills; then what was sent, what is stored, and what is shown."""

    def __init__(self, node: RunningNode) -> None:
        self.node = node
        self.storm = Storm(node.settings, TRAPS_PER_S, seed=7)
        self.informs = Informs(node.settings, INFORMS_PER_S)
        self.expected = Expected(node.settings)
        self.blind: set[BlindInterval] = set()
        self.back_after_s: list[tuple[str, float]] = []
        self._client: ForeignClient | None = None

    def sweep(self) -> None:
        """Load, kills, each after the part before has recovered, and the end of the load."""
        self.storm.start()
        self.informs.start()
        self._wait_for_the_load()
        for name in kills():
            before = self.node.process(name).pid
            killed_at = time.monotonic()
            self.node.kill(name)
            wait_until(partial(self.node.is_running, name, before), PATIENCE_S, f"{name} runs again")
            self._wait_for_the_load()
            self.back_after_s.append((name, time.monotonic() - killed_at))
            self.hear_blind()
        self.storm.finish()
        # One sender is one partition, in order: with the last answered inform, all before it is there.
        self._wait_for_the_load()
        self.informs.finish()
        self._follower = Follower(self.node.settings, SNMP_TRAPS)
        wait_until(self._has_read_all, PATIENCE_S, "every answered inform is stored")

    def close(self) -> None:
        """Ends the load, whatever happened."""
        self._hang_up()
        self.storm.finish()
        self.informs.finish()

    def _wait_for_the_load(self) -> None:
        """Until an inform that is sent from now on shows on the wall."""
        first = len(self.informs.sent_at)
        wait_until(lambda: self._newest_shown() >= first, PATIENCE_S, "what comes now reaches the wall")

    def _newest_shown(self) -> int:
        shown = [self.wall().get(f"host:{target}") for target in INFORM_TARGETS]
        numbers = [int(cell.message.removeprefix(inform_text(0)[:-1])) for cell in shown if cell and cell.message]
        return max(numbers, default=-1)

    def wall(self) -> Mapping[str, Cell]:
        """The wall without the trend; empty while nobody answers."""
        try:
            if self._client is None:
                self._client = ForeignClient(self.node.settings.web_port)
            return without_trend(read_cells(self._client))
        except (OSError, WampError):
            self._hang_up()
            return {}

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def hear_blind(self) -> None:
        """Adds what the next heartbeat tells: it holds the last few intervals only."""
        with closing(ForeignClient(self.node.settings.web_port)) as client:
            client.subscribe(uris.HEARTBEAT)
            _, heartbeat = client.next_event()
        self.blind |= set(msgspec.convert(heartbeat, Heartbeat).blind)

    def read_stored(self) -> None:
        """Takes what `snmp-traps` holds that was not read yet."""
        while batch := self._follower.poll(0.5):
            for record in batch:
                self.expected.take(record)

    def _has_read_all(self) -> bool:
        self.read_stored()
        return self.informs.answered <= self.expected.informs

    def lost_traps(self) -> list[datetime]:
        """When the traps were sent that are not stored."""
        stored = self.expected.numbers
        return [_utc(at) for number, at in enumerate(self.storm.sent_at) if number not in stored]

    def lost_informs(self) -> list[datetime]:
        """When the informs were sent that are not stored; nobody answered them."""
        stored = self.expected.informs
        return [_utc(at) for number, at in enumerate(self.informs.sent_at) if number not in stored]

    def unexplained(self, lost: list[datetime]) -> list[datetime]:
        """Those that no blind interval covers but the kernel's, which has a number instead."""
        told = [(each.from_at - LOOK, each.to_at + LOOK) for each in self.blind if each.reason != KERNEL]
        return [at for at in lost if not any(from_at <= at <= to_at for from_at, to_at in told)]

    @property
    def dropped_by_kernel(self) -> int:
        return sum(each.lost or 0 for each in self.blind if each.reason == KERNEL)

    def write_figures(self) -> None:
        """For people: test-results/faults.json."""
        figures = {
            "traps sent": len(self.storm.sent_at),
            "traps a second": len(self.storm.sent_at) / (self.storm.sent_at[-1] - self.storm.sent_at[0]),
            "traps lost": len(self.lost_traps()),
            "stored twice": self.expected.stored_twice,
            "informs sent": len(self.informs.sent_at),
            "informs answered": len(self.informs.answered),
            "dropped by the kernel": self.dropped_by_kernel,
            "blind": [f"{each.from_at} to {each.to_at}: {each.reason}, {each.lost}" for each in self.blind],
            "what comes reaches the wall again, seconds after the kill": self.back_after_s,
        }
        _FIGURES.parent.mkdir(exist_ok=True)
        _FIGURES.write_text(json.dumps(figures, indent=1))


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture(scope="module")
def aftermath() -> Iterator[Aftermath]:
    node = RunningNode(TRAPLINE_CANARY_INTERVAL_S="1")
    try:
        node.start()
        after = Aftermath(node)
        try:
            after.sweep()
        except AssertionError as error:
            said = [line for line in node.log().splitlines() if "[Guest" in line or "trapline:" in line]
            error.add_note("\n".join(said[-60:]))
            raise
        finally:
            after.close()
        yield after
        after.write_figures()
        processes = node.processes()
    finally:
        node.close()
    assert not psutil.wait_procs(processes, 10)[1], "a process is left behind"


def test_every_answered_inform_is_stored(aftermath: Aftermath) -> None:
    assert len(aftermath.informs.answered) > len(aftermath.informs.sent_at) / 2
    assert aftermath.informs.answered - aftermath.expected.informs == set()


def test_what_is_stored_lies_in_the_order_of_arrival(aftermath: Aftermath) -> None:
    assert aftermath.expected.out_of_order == []


def test_the_wall_is_the_fold_of_what_is_stored(aftermath: Aftermath) -> None:
    def differing() -> dict[str, tuple[Cell | None, Cell | None]]:
        aftermath.read_stored()
        expected, wall = aftermath.expected.cells(), aftermath.wall()
        return {
            server: (expected.get(server), wall.get(server))
            for server in expected.keys() | wall.keys()
            if expected.get(server) != wall.get(server)
        }

    try:
        wait_until(lambda: not differing(), PATIENCE_S)
    except AssertionError:
        assert differing() == {}
    assert len({cell.severity for cell in aftermath.expected.cells().values()}) > 1


def test_every_lost_trap_is_told_as_blind(aftermath: Aftermath) -> None:
    """The supervisor keeps the socket while a stage is dead, so the kernel queues: what it drops, it counts. What a
    killed ingest had in memory is lost, and so is what comes while the whole node starts again, when there is no
    socket: of both the heartbeat says from when to when."""

    def unexplained() -> list[datetime]:
        return aftermath.unexplained(aftermath.lost_traps() + aftermath.lost_informs())

    def is_told() -> bool:
        aftermath.hear_blind()
        return len(unexplained()) <= aftermath.dropped_by_kernel

    try:
        wait_until(is_told, PATIENCE_S)
    except AssertionError:
        assert [at.isoformat() for at in unexplained()] == [], (aftermath.blind, aftermath.dropped_by_kernel)
    assert any(each.reason == NOT_RUNNING for each in aftermath.blind), "the router's death is told"
    # The kernel drops canaries, too, which nobody counts.
    if not aftermath.dropped_by_kernel:
        assert unexplained() == []
