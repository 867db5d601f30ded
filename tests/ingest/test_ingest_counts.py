from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.ingest.counts import EVERY_S, REPEATED_INFORM, SENTENCES, Counts

SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_reason_is_said_at_once_and_then_once_in_a_while_with_the_count() -> None:
    counts = Counts(SINCE)
    sentence = SENTENCES["wrong_community"]
    assert counts.refuse("wrong_community", "10.0.0.1", 100.0) == (
        f"refused a datagram from 10.0.0.1: wrong_community. {sentence}"
    )
    assert counts.refuse("wrong_community", "10.0.0.2", 101.0) is None
    assert counts.refuse("wrong_community", "10.0.0.2", 100.0 + EVERY_S - 0.001) is None
    assert counts.refuse("wrong_community", "10.0.0.3", 100.0 + EVERY_S) == (
        f"refused a datagram from 10.0.0.3: wrong_community (3 since the last such line). {sentence}"
    )


def test_a_repeated_inform_is_said_to_be_passed_over_and_not_refused() -> None:
    line = Counts(SINCE).refuse(REPEATED_INFORM, "10.0.0.1", 0.0)
    assert line is not None
    assert line.startswith("passed over a datagram from 10.0.0.1: repeated_inform. The same inform came before")


def test_reasons_do_not_hide_each_other() -> None:
    counts = Counts(SINCE)
    assert counts.refuse("truncated", "10.0.0.1", 0.0)
    assert counts.refuse("not_snmp", "10.0.0.1", 0.0)


@given(st.lists(st.tuples(st.sampled_from(sorted(SENTENCES)), st.floats(0, 1000))))
def test_the_log_is_bounded_and_the_funnel_counts_all(refusals: list[tuple[str, float]]) -> None:
    counts = Counts(SINCE)
    refusals.sort(key=lambda each: each[1])
    lines = [counts.refuse(reason, "10.0.0.1", now) for reason, now in refusals]
    assert sum(line is not None for line in lines) <= len(SENTENCES) * (1000 / EVERY_S + 1)
    funnel = counts.funnel(stored=1, spooled=2, spool_dropped=3, kernel_dropped=4)
    assert sum(each.count for each in funnel.refused) == len(refusals)
    assert [each.count for each in funnel.refused] == sorted((each.count for each in funnel.refused), reverse=True)
    assert (funnel.since, funnel.stored, funnel.spooled, funnel.spool_dropped, funnel.kernel_dropped) == (
        SINCE,
        1,
        2,
        3,
        4,
    )


@pytest.mark.parametrize("reason", sorted(SENTENCES))
def test_every_reason_has_a_sentence(reason: str) -> None:
    assert SENTENCES[reason].endswith(".")
