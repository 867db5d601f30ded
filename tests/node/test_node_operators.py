"""Passwords are hashes in a file that only we can read; guessing is slow."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.node.attempts import Attempts
from trapline.node.operators import Operators
from trapline.protocol.errors import SettingError

PASSWORD = "correct horse"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "operators.json"


def test_only_the_right_password_of_the_right_name_is_accepted(path: Path) -> None:
    Operators(path).add("anna", PASSWORD)
    operators = Operators(path)
    assert operators.is_password_of("anna", PASSWORD)
    assert not operators.is_password_of("anna", "wrong horse")
    assert not operators.is_password_of("nobody", PASSWORD)


def test_the_file_holds_no_password_and_is_ours_alone(path: Path) -> None:
    Operators(path).add("anna", PASSWORD)
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert PASSWORD not in text
    assert "$argon2id$" in text


def test_who_is_added_or_removed_is_so_at_once_in_another_process(path: Path) -> None:
    router, command_line = Operators(path), Operators(path)
    assert not router.is_password_of("anna", PASSWORD)
    command_line.add("anna", PASSWORD)
    assert router.is_password_of("anna", PASSWORD)
    command_line.remove("anna")
    assert not router.is_password_of("anna", PASSWORD)
    assert router.names() == []


@pytest.mark.parametrize(
    "name", ["", " anna", "a/b", "a" * 65, "ann\n"], ids=["empty", "space", "slash", "long", "newline"]
)
def test_a_name_must_be_a_name(path: Path, name: str) -> None:
    with pytest.raises(SettingError):
        Operators(path).add(name, PASSWORD)


def test_a_short_password_is_refused_without_being_repeated(path: Path) -> None:
    with pytest.raises(SettingError) as refusal:
        Operators(path).add("anna", "horse!")
    assert "horse!" not in str(refusal.value)


def test_removing_nobody_and_a_broken_file_are_one_sentence(path: Path) -> None:
    with pytest.raises(SettingError, match="trapline operator list"):
        Operators(path).remove("anna")
    path.write_text("[1]")
    with pytest.raises(SettingError, match="mend or delete it"):
        Operators(path).names()


@pytest.mark.parametrize("name", ["trapline", "inventory"])
def test_nobody_is_called_as_the_node_itself_is(path: Path, name: str) -> None:
    with pytest.raises(SettingError, match="under which the node itself decides"):
        Operators(path).add(name, "correct horse battery staple")


@given(st.lists(st.floats(0, 5), max_size=200), st.integers(1, 20), st.floats(0.5, 10))
def test_no_rhythm_gets_more_attempts_than_the_bucket_and_its_refill(
    gaps: list[float], burst: int, refill_s: float
) -> None:
    attempts = Attempts(burst=burst, refill_s=refill_s)
    now_s, taken = 0.0, 0
    for gap in gaps:
        now_s += gap
        taken += attempts.take("a", now_s)
    assert taken <= burst + now_s / refill_s + 1e-6


def test_an_attempt_that_was_right_is_given_back() -> None:
    attempts = Attempts(burst=1, refill_s=1000)
    for _ in range(5):
        assert attempts.take("a", 0)
        attempts.give_back("a")
    assert attempts.take("a", 0)
    assert not attempts.take("a", 0)


def test_names_without_end_take_bounded_memory() -> None:
    attempts = Attempts(burst=1, refill_s=1000, capacity=10)
    for number in range(1000):
        assert attempts.take(str(number), 0)
    assert not attempts.take("999", 0)
    assert len(attempts._buckets) == 10
