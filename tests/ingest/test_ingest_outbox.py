"""The outbox against a model of the Kafka client: slow, failing, full, and killed at any moment."""

import os
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trapline.ingest.outbox import IN_FLIGHT, RETRY_S, SAY_EVERY_S, Outbox, Report
from trapline.ingest.segment import Entry
from trapline.ingest.spool import Spool
from trapline.protocol.errors import KafkaUnavailable


class Client:
    """As librdkafka is seen from outside: takes records up to a limit, reports each once, in any order."""

    def __init__(self, limit: int = 1000) -> None:
        self.limit = limit
        self.log: list[bytes] = []
        self.waiting: list[tuple[Entry, Report]] = []

    def send(self, entry: Entry, report: Report) -> None:
        if len(self.waiting) >= self.limit:
            raise KafkaUnavailable("full")
        self.waiting.append((entry, report))

    def deliver(self, places: list[int], *, fails: bool = False) -> None:
        chosen = [self.waiting[place] for place in places]
        self.waiting = [each for place, each in enumerate(self.waiting) if place not in places]
        for entry, report in chosen:
            if not fails:
                self.log.append(entry.value)
            report(KafkaUnavailable("away") if fails else None)

    def deliver_all(self) -> None:
        self.deliver(list(range(len(self.waiting))))


def entry(number: int, size: int = 10) -> Entry:
    return Entry("10.0.0.1", b"%08d" % number + b"x" * size)


def fresh(directory: Path, client: Client, *, is_ready: bool = True, bound: int = 64 << 20) -> tuple[Spool, Outbox]:
    spool = Spool(directory / "spool", bound)
    outbox = Outbox(spool, client.send)
    outbox.is_ready = is_ready
    return spool, outbox


def settled(answered: list[int], number: int, is_safe: bool) -> None:
    """An answer: safe ones are noted by their number, lost ones by its negative."""
    answered.append(number if is_safe else -number)


def drain(outbox: Outbox, client: Client) -> None:
    """Time passes while Kafka is well."""
    now = 0.0
    while outbox.waiting or outbox.is_behind:
        now += RETRY_S
        outbox.pump(now)
        client.deliver_all()


def test_records_go_straight_through_while_kafka_keeps_up(tmp_path: Path) -> None:
    client = Client()
    spool, outbox = fresh(tmp_path, client)
    outbox.accept([entry(0), entry(1)], {})
    assert [each.value for each, _ in client.waiting] == [entry(0).value, entry(1).value]
    assert (outbox.stored, outbox.spooled) == (0, 0)
    client.deliver_all()
    outbox.checkpoint()
    assert (outbox.stored, outbox.spooled, spool.delivered) == (2, 0, 2)


def test_what_waited_on_disk_goes_before_what_is_newer(tmp_path: Path) -> None:
    client = Client()
    _, outbox = fresh(tmp_path, client, is_ready=False)
    outbox.accept([entry(n) for n in range(100)], {})
    assert (outbox.spooled, outbox.is_behind, client.waiting) == (100, True, [])
    outbox.is_ready = True
    outbox.accept([entry(100)], {})
    assert client.waiting == []
    drain(outbox, client)
    assert client.log == [entry(n).value for n in range(101)]


def test_an_answer_waits_for_the_delivery_of_its_own_record(tmp_path: Path) -> None:
    client, answered = Client(), list[int]()
    _, outbox = fresh(tmp_path, client)
    outbox.accept([entry(0), entry(1)], {1: partial(settled, answered, 1)})
    client.deliver([0])
    assert answered == []
    client.deliver_all()
    assert answered == [1]


def test_a_sync_releases_the_answers_it_covers_once(tmp_path: Path) -> None:
    client, answered = Client(), list[int]()
    spool, outbox = fresh(tmp_path, client)
    outbox.accept([entry(0), entry(1)], {1: partial(settled, answered, 1)})
    sync = spool.begin_sync()
    outbox.accept([entry(2)], {0: partial(settled, answered, 2)})
    outbox.synced(sync())
    assert (answered, outbox.has_answers) == ([1], True)
    client.deliver_all()
    assert (answered, outbox.has_answers) == ([1, 2], False)


def test_an_answer_whose_record_the_disk_refused_waits_for_kafka(
    tmp_path: Path, small_files: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    client, answered = Client(), list[int]()
    spool, outbox = fresh(tmp_path, client)
    small_files(1000)
    outbox.accept([entry(0, 2000)], {0: partial(settled, answered, 0)})
    assert "the spool takes no records: File too large" in caplog.text
    outbox.synced(spool.begin_sync()())
    assert (answered, outbox.has_answers) == ([], False)
    client.deliver_all()
    assert (answered, client.log, outbox.dropped) == ([0], [entry(0, 2000).value], 0)


def test_records_that_neither_disk_nor_kafka_takes_are_counted(
    tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    client = Client()
    _, outbox = fresh(tmp_path, client, is_ready=False)
    small_files(1000)
    outbox.accept([entry(0, 200)], {})
    outbox.accept([entry(1, 2000), entry(2)], {})
    outbox.accept([entry(3, 200)], {})
    outbox.is_ready = True
    drain(outbox, client)
    assert (client.log, outbox.dropped) == ([entry(0, 200).value, entry(3, 200).value], 2)


def test_past_the_bound_the_oldest_are_dropped_and_counted(tmp_path: Path) -> None:
    client = Client()
    spool, outbox = fresh(tmp_path, client, is_ready=False, bound=1 << 20)
    for number in range(3000):
        outbox.accept([entry(number, 1000)], {})
    assert spool.size <= 1 << 20
    outbox.is_ready = True
    drain(outbox, client)
    assert outbox.dropped == 3000 - len(client.log) > 1000
    assert client.log == [entry(number, 1000).value for number in range(outbox.dropped, 3000)]


@pytest.mark.parametrize("fails", [False, True], ids=["never sent", "sent once and failed"])
def test_an_answer_whose_record_was_dropped_is_settled_as_lost(tmp_path: Path, fails: bool) -> None:
    client, answered = Client(), list[int]()
    _, outbox = fresh(tmp_path, client, is_ready=fails, bound=1 << 20)
    outbox.accept([entry(0)], {0: partial(settled, answered, 7)})
    client.deliver(list(range(len(client.waiting))), fails=True)
    for number in range(1, 3000):
        outbox.accept([entry(number, 1000)], {})
    assert (answered, outbox.has_answers) == ([-7], False)


def test_a_failed_delivery_is_sent_again_in_order(tmp_path: Path) -> None:
    client = Client()
    spool, outbox = fresh(tmp_path, client)
    outbox.accept([entry(n) for n in range(6)], {})
    client.deliver([1, 3])
    client.deliver([1], fails=True)  # the third record
    outbox.checkpoint()
    assert spool.delivered == 0
    client.deliver_all()
    outbox.checkpoint()
    assert spool.delivered == 2
    drain(outbox, client)
    outbox.checkpoint()
    assert client.log[-4:] == [entry(n).value for n in range(2, 6)]
    assert spool.delivered == 6


def test_a_record_that_kafka_refuses_again_and_again_is_a_line_a_minute_with_the_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client()
    _, outbox = fresh(tmp_path, client)
    outbox.accept([entry(0), entry(1)], {})
    now, refusals = 0.0, 0
    while now < SAY_EVERY_S:
        refusals += bool(client.waiting)
        client.deliver(list(range(len(client.waiting))), fails=True)
        outbox.pump(now)
        now += RETRY_S / 2
    assert refusals > 50
    assert caplog.messages == ["Kafka did not take a record, it will be sent again: away"]
    while len(caplog.messages) < 2:
        refusals += bool(client.waiting)
        client.deliver(list(range(len(client.waiting))), fails=True)
        outbox.pump(now)
        now += RETRY_S / 2
    assert now < SAY_EVERY_S + 2
    assert f"again, {refusals - 1} times since the last such line: away" in caplog.messages[1]


def test_the_client_never_holds_more_than_its_share(tmp_path: Path) -> None:
    client = Client(limit=10 * IN_FLIGHT)
    _, outbox = fresh(tmp_path, client)
    for number in range(IN_FLIGHT // 100 + 10):
        outbox.accept([entry(number)] * 100, {})
    assert len(client.waiting) == IN_FLIGHT
    drain(outbox, client)
    assert len(client.log) == IN_FLIGHT + 1000


@settings(max_examples=150, deadline=None)
@example(seed=384, limit=20)  # a checkpoint once passed what was being sent again
@given(seed=st.integers(0, 1 << 32), limit=st.integers(1, 50))
def test_every_record_arrives_whatever_fails_and_whenever_it_is_killed(
    seed: int, limit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    chance = random.Random(seed)
    directory = tmp_path_factory.mktemp("outbox")
    client = Client(limit)
    spool, outbox = fresh(directory, client, is_ready=chance.random() < 0.5)
    answered: list[int] = []
    now, sent = 0.0, 0
    for _ in range(60):
        now += 0.2
        match chance.choice(["accept", "accept", "pump", "deliver", "fail", "sync", "ready", "checkpoint", "kill"]):
            case "accept":
                batch = range(sent, sent + chance.randrange(1, 12))
                outbox.accept([entry(n) for n in batch], {0: partial(settled, answered, sent)})
                sent = batch.stop
            case "pump":
                outbox.pump(now)
            case "deliver" | "fail" as what:
                count = chance.randrange(len(client.waiting) + 1)
                client.deliver(chance.sample(range(len(client.waiting)), count), fails=what == "fail")
            case "sync":
                outbox.synced(spool.begin_sync()())
            case "ready":
                outbox.is_ready = True
            case "checkpoint":
                outbox.checkpoint()
            case _:
                os.close(spool._lock)
                os.close(spool._checkpoint)
                spool._close_segment()
                client.waiting.clear()
                spool, outbox = fresh(directory, client)
    outbox.is_ready = True
    drain(outbox, client)
    firsts = list(dict.fromkeys(client.log))
    assert set(firsts) == {entry(n).value for n in range(sent)}
    assert len(answered) == len(set(answered))
    outbox.checkpoint()
    spool.close()
    assert spool.delivered == sent
