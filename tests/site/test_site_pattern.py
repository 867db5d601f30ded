"""Patterns: what they match, which of many is first, which leaves nothing to another."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.site.pattern import Patterns, covers, expression

PATTERNS = st.text(alphabet="ab-*?", max_size=8)
TEXTS = st.text(alphabet="ab-", max_size=10)


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        pytest.param("web-*", "web-01", True, id="any text"),
        pytest.param("web-*", "web-", True, id="no text"),
        pytest.param("web-?", "web-1", True, id="one sign"),
        pytest.param("web-?", "web-", False, id="one sign is needed"),
        pytest.param("a.b", "axb", False, id="a dot is a dot"),
        pytest.param("(a)+[b]\\", "(a)+[b]\\", True, id="signs mean themselves"),
        pytest.param("a*b", "a\nb", True, id="a line break is a sign"),
    ],
)
def test_a_star_is_any_text_and_a_question_mark_one_sign(pattern: str, text: str, is_match: bool) -> None:
    assert bool(expression(pattern).fullmatch(text)) is is_match


@given(patterns=st.lists(PATTERNS, max_size=12), text=TEXTS)
def test_the_first_of_many_is_the_first_that_matches_by_itself(patterns: list[str], text: str) -> None:
    alone = [index for index, pattern in enumerate(patterns) if expression(pattern).fullmatch(text)]
    assert Patterns(patterns).first(text) == (alone[0] if alone else None)


@pytest.mark.parametrize(
    ("wide", "narrow", "is_covered"),
    [
        pytest.param("host:*", "host:web-*", True, id="a longer beginning"),
        pytest.param("host:web-*", "host:*", False, id="a shorter beginning"),
        pytest.param("*:web-*", "host:web-0?", True, id="a star takes a question mark"),
        pytest.param("host:web-??", "host:web-*", False, id="question marks do not take a star"),
        pytest.param("*db*", "*claims-db-0*", True, id="a part of the middle"),
        pytest.param("a*b", "a*b", True, id="itself"),
        pytest.param("a?c", "abc", True, id="a name"),
    ],
)
def test_a_wide_pattern_covers_a_narrow_one(wide: str, narrow: str, is_covered: bool) -> None:
    assert covers(wide, narrow) is is_covered


@given(wide=PATTERNS, narrow=PATTERNS, fillings=st.lists(TEXTS, min_size=1, max_size=4))
def test_what_is_covered_never_matches_what_the_wide_one_does_not(wide: str, narrow: str, fillings: list[str]) -> None:
    if not covers(wide, narrow):
        return
    for number, filling in enumerate(fillings):
        text = re.sub(r"[*?]", lambda sign: filling if sign[0] == "*" else "ab-"[number % 3], narrow)
        assert expression(wide).fullmatch(text)


@given(patterns=st.lists(PATTERNS, min_size=2, max_size=8))
def test_a_pattern_that_covers_another_is_among_those_tried_on_it(patterns: list[str]) -> None:
    near = list(Patterns(patterns).candidates(patterns[-1]))
    assert [index for index, wide in enumerate(patterns) if covers(wide, patterns[-1]) and index not in near] == []


@pytest.mark.parametrize("form", ["host:web-{:05}.*", "*:db-{:05}*", "oracle_database:P{:05}?"])
def test_of_ten_thousand_patterns_only_a_few_are_tried_on_a_name(form: str) -> None:
    patterns = Patterns([form.format(number) for number in range(10_000)])
    names = [form.format(number).replace("*", "x").replace("?", "1") for number in range(0, 10_000, 97)]
    assert [patterns.first(name) for name in names] == list(range(0, 10_000, 97))
    assert max(len(list(patterns.candidates(name))) for name in names) < 500
