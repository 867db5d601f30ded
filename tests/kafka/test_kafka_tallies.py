"""What a stage counted: exact in sum, bounded in size, and gone on with by whoever comes next."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from trapline.kafka.tallies import Tallies
from trapline.protocol import codec
from trapline.protocol.tally import NORMALIZED, OTHERS, TALLY_OCTETS, TRACKED, Tally

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)


def _read(tallies: Tallies) -> Tally:
    return codec.decode(tallies.committed("alerts", 3, NOW).encode(), Tally)


def test_counts_are_by_sender_and_outcome_since_the_first_commit() -> None:
    tallies = Tallies()
    for sender, outcome in (("192.0.2.1", "matched"), ("192.0.2.1", "matched"), ("192.0.2.2", "unmatched")):
        tallies.count("alerts", 3, sender, outcome)

    assert Tally(since=NOW, at=NOW, counts={"192.0.2.1": {"matched": 2}, "192.0.2.2": {"unmatched": 1}}) == _read(
        tallies
    )
    assert Tally(since=NOW, at=LATER, counts=_read(tallies).counts) == codec.decode(
        tallies.committed("alerts", 3, LATER).encode(), Tally
    )


def test_whoever_comes_next_goes_on() -> None:
    tallies, successor = Tallies(), Tallies()
    tallies.count("alerts", 3, "192.0.2.1", "matched")
    successor.restore("alerts", 3, tallies.committed("alerts", 3, NOW))
    successor.count("alerts", 3, "192.0.2.1", "matched", 4)

    assert Tally(since=NOW, at=LATER, counts={"192.0.2.1": {"matched": 5}}) == codec.decode(
        successor.committed("alerts", 3, LATER).encode(), Tally
    )


@pytest.mark.parametrize("committed", ["", "{", '{"counts": 7}', "what another program keeps there"])
def test_what_cannot_be_read_is_begun_anew(committed: str) -> None:
    tallies = Tallies()
    tallies.restore("alerts", 3, committed)
    tallies.count("alerts", 3, "192.0.2.1", "matched")

    assert Tally(since=NOW, at=NOW, counts={"192.0.2.1": {"matched": 1}}) == _read(tallies)


_SENDERS = some.one_of(some.ip_addresses().map(str), some.text(max_size=60))
_OUTCOMES = some.sampled_from([*NORMALIZED, *TRACKED])


@given(some.lists(some.tuples(_SENDERS, _OUTCOMES, some.integers(1, 2**40)), max_size=200), some.integers(0, 200))
def test_however_many_senders_there_are_every_sum_is_exact_and_the_words_are_short(
    seen: list[tuple[str, str, int]], restart: int
) -> None:
    tallies, expected = Tallies(), dict[str, int]()
    for number, (sender, outcome, times) in enumerate(seen):
        if number == restart:
            words = tallies.committed("alerts", 3, NOW)
            tallies = Tallies()
            tallies.restore("alerts", 3, words)
        tallies.count("alerts", 3, sender, outcome, times)
        expected[outcome] = expected.get(outcome, 0) + times

    words = tallies.committed("alerts", 3, NOW)
    found = dict[str, int]()
    for outcomes in codec.decode(words.encode(), Tally).counts.values():
        for outcome, count in outcomes.items():
            found[outcome] = found.get(outcome, 0) + count
    assert expected == found
    assert len(words.encode()) <= TALLY_OCTETS


def test_who_was_counted_by_name_stays_so_when_others_are_many() -> None:
    tallies = Tallies()
    tallies.count("alerts", 3, "192.0.2.1", "matched")
    for number in range(1_000):
        tallies.count("alerts", 3, f"198.51.100.{number}", "matched")
    tallies.count("alerts", 3, "192.0.2.1", "matched")

    counts = _read(tallies).counts
    assert 2 == counts["192.0.2.1"]["matched"]
    assert 900 < counts[OTHERS]["matched"]
