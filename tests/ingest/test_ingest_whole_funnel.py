"""The funnel put together: every sum is the sum of its parts, whoever is shown by name."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as some

from trapline.ingest.counts import SENDERS_COUNTED, Counts
from trapline.ingest.funnel import SENDERS_SHOWN, Known, Progress, whole
from trapline.protocol.grid import Funnel
from trapline.protocol.tally import EXPIRED, NORMALIZED, OTHERS, Tally

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
LATER = datetime(2026, 3, 2, tzinfo=UTC)


def _of(counts: Counts) -> Funnel:
    return counts.funnel(stored=0, spooled=0, spool_dropped=0, kernel_dropped=None)


_COUNTS = some.dictionaries(
    some.one_of(some.just(OTHERS), some.ip_addresses(v=4).map(str)),
    some.dictionaries(some.sampled_from(sorted(NORMALIZED)), some.integers(1, 10**9)),
    max_size=80,
)


@given(some.lists(_COUNTS, max_size=4))
def test_every_outcome_is_the_sum_over_partitions_and_over_senders(counts: list[dict[str, dict[str, int]]]) -> None:
    tallies = tuple(Tally(since=SINCE, at=LATER, counts=each) for each in counts)
    funnel = whole(_of(Counts(SINCE)), {}, Known({"normalize": Progress(tallies, 7)}))

    expected: dict[str, int] = {}
    for outcomes in (outcomes for each in counts for outcomes in each.values()):
        for outcome, count in outcomes.items():
            expected[outcome] = expected.get(outcome, 0) + count
    (stage,) = funnel.stages
    assert expected == {each.reason: each.count for each in stage.outcomes}
    by_sender: dict[str, int] = {}
    for reason in (reason for sender in funnel.senders for reason in sender.normalize):
        by_sender[reason.reason] = by_sender.get(reason.reason, 0) + reason.count
    assert expected == by_sender
    assert len(funnel.senders) <= SENDERS_SHOWN + 1
    assert 7 == stage.waiting
    assert stage.since == (SINCE if counts else None)


def test_what_expired_unread_is_said_and_is_not_among_what_was_read() -> None:
    tally = Tally(since=SINCE, at=LATER, counts={OTHERS: {EXPIRED: 12}, "192.0.2.1": {"matched": 3}})
    (stage,) = whole(_of(Counts(SINCE)), {}, Known({"normalize": Progress((tally,), 0)})).stages

    assert 3 == stage.read
    assert {"expired": 12, "matched": 3} == {each.reason: each.count for each in stage.outcomes}
    assert "lost" in next(each.sentence for each in stage.outcomes if each.reason == EXPIRED)


def test_without_kafka_ingest_tells_its_own_part_and_why_the_rest_is_missing() -> None:
    counts = Counts(SINCE)
    counts.accept("192.0.2.1")
    funnel = whole(_of(counts), counts.senders, Known({}, "Kafka does not answer."))

    assert (1, (), "Kafka does not answer.") == (funnel.accepted, funnel.stages, funnel.problem)
    assert ["192.0.2.1"] == [each.sender for each in funnel.senders]


def test_a_flood_of_forged_addresses_takes_bounded_room_and_is_counted_to_the_last() -> None:
    counts = Counts(SINCE)
    for number in range(SENDERS_COUNTED + 500):
        counts.refuse("wrong_community", f"10.{number >> 8}.{number & 255}.1", 0)

    assert SENDERS_COUNTED + 1 == len(counts.senders)
    assert 500 == counts.senders[OTHERS]["wrong_community"]
