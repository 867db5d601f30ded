"""Three instances of each stage come, go and die under load, on input that is doubled and out of order.

However the partitions moved meanwhile: each record of `snmp-traps` is one event, and the statuses are what one thread
makes of `alerts`.
"""

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.integration.rooms import Topics
from tests.normalize.traps import oem_event
from tests.running_broker import RunningBroker
from tests.running_node import wait_until
from tests.track.events import at, trap_id
from trapline.kafka.offsets import Offsets
from trapline.kafka.records import Input
from trapline.node.supervise import die_with_parent
from trapline.protocol import codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.status import StatusChange, TargetStatus
from trapline.protocol.tally import Tally
from trapline.protocol.traps import Trap
from trapline.track.reduce import reduce

pytestmark = pytest.mark.kafka

SENDERS, TARGETS, PATIENCE_S = 8, 40, 120
CODES = ("FATAL", "CRITICAL", "WARNING", "ADVISORY", "CLEAR")


class Instance:
    """A stage on a node of its own, started again whenever it ends, as the supervisor does."""

    def __init__(self, stage: str, node: str, broker: RunningBroker) -> None:
        self._command = [sys.executable, "-m", f"trapline.{stage}"]
        self._environment = broker.environment | {"TRAPLINE_NODE_NAME": node}
        self._over = threading.Event()
        self._process = self._start()
        self._supervisor = threading.Thread(target=self._supervise, daemon=True)
        self._supervisor.start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command, env=self._environment, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
        )

    def _supervise(self) -> None:
        while True:
            self._process.wait()
            if self._over.wait(0.5):
                return
            self._process = self._start()

    def kill(self) -> None:
        """kill -9; it comes back."""
        self._process.kill()

    def leave(self) -> None:
        """For good, in order."""
        self._over.set()
        self._process.terminate()
        self._supervisor.join(20)

    def close(self) -> None:
        self._over.set()
        self._process.kill()
        self._supervisor.join(20)


def trap(number: int) -> Trap:
    columns = {
        6: CODES[number * 7 % len(CODES)],
        21: f"claims-db-{number % TARGETS}",
        42: f"{number % 100:032X}",
        3: f"message {number}",
    }
    return oem_event(
        columns, trap_id=trap_id(number), received_at=at(number), source_addr=f"192.0.2.{number % SENDERS}"
    )


def disturbed(numbers: range, dice: random.Random) -> list[tuple[str, bytes]]:
    """Some twice, some behind those that came after them."""
    order = [number for number in numbers for _ in range(2 if dice.random() < 0.1 else 1)]
    order.sort(key=lambda number: number + (dice.random() * 600 if dice.random() < 0.2 else 0))
    return [(made.source_addr, codec.encode(made)) for made in map(trap, order)]


def essence(status: TargetStatus) -> object:
    """What only events decide: the clock's commands, which come when they come, change the rest."""
    alerts = [(each.alert_key, each.severity, each.occurrences, each.last_trap_id) for each in status.open_alerts]
    return status.severity, sorted(alerts), status.last_heard_at


def fold(events: list[Input]) -> dict[str, object]:
    """One thread, record after record."""
    statuses: dict[str, TargetStatus] = {}
    for record in events:
        event = codec.decode(record.value or b"", AlertEvent)
        step = reduce(statuses.get(event.target.id), event)
        assert step.status is not None
        statuses[event.target.id] = step.status
    return {target_id: essence(status) for target_id, status in statuses.items()}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def test_however_partitions_move_the_statuses_are_the_fold_of_the_log(
    own_kafka: RunningBroker, stack: ExitStack
) -> None:
    there, dice = Topics(own_kafka), random.Random(1162)
    offsets = Offsets(own_kafka.settings)
    inputs = {"normalize": ["snmp-traps"], "track": ["alerts", "commands"]}

    def counted(stage: str, *outcomes: str) -> int:
        committed = offsets.committed(f"trapline-{stage}", inputs[stage]).values()
        counts = (codec.decode(each.words.encode(), Tally).counts.values() for each in committed)
        return sum(
            count
            for by_sender in counts
            for each in by_sender
            for outcome, count in each.items()
            if outcome in outcomes or not outcomes
        )

    def join(node: str) -> list[Instance]:
        joined = [Instance(stage, node, own_kafka) for stage in inputs]
        for each in joined:
            stack.callback(each.close)
        return joined

    def kill_the_first() -> None:
        for each in first:
            each.kill()

    def let_the_first_go() -> None:
        for each in first:
            each.leave()

    written = 0
    first = join("a")
    changes: tuple[Callable[[], object], ...] = (
        lambda: join("b"),
        lambda: join("c"),
        kill_the_first,
        let_the_first_go,
    )
    for round_, change in enumerate(changes):
        records = disturbed(range(round_ * 1_500, (round_ + 1) * 1_500), dice)
        there.write(topics.SNMP_TRAPS, records)
        written += len(records)
        wait_until(lambda: counted("track") > written - 1_500, PATIENCE_S, "the round is under way")
        change()
    there.write(topics.SNMP_TRAPS, [("192.0.2.1", b"{")])
    wait_until(lambda: counted("track") == written, PATIENCE_S, "all is counted")
    wait_until(lambda: counted("normalize") == written + 1, PATIENCE_S, "the poison, too")

    stored = Counter(
        codec.decode(each.value, Trap).trap_id
        for each in there.all_of(topics.SNMP_TRAPS)
        if each.value and each.value != b"{"
    )
    alerts = there.all_of(topics.ALERTS)
    assert stored == Counter(codec.decode(each.value or b"", AlertEvent).trap_id for each in alerts)
    assert 1 == len(there.all_of(topics.SNMP_TRAPS_DEAD)) == counted("normalize", "unreadable")
    assert 0 < counted("track", "repeated")
    assert 0 < counted("track", "late")
    newest = {each.key: each.value or b"" for each in there.all_of(topics.STATUS)}
    statuses = [codec.decode(value, TargetStatus) for value in newest.values()]
    assert fold(alerts) == {status.target.id: essence(status) for status in statuses}
    rests_on = [codec.decode(each.value or b"", StatusChange).input for each in there.all_of(topics.STATUS_CHANGES)]
    assert len(rests_on) == len(set(rests_on))
