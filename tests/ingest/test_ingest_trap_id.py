import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.ingest.trap_id import TrapIds, new_run

CLOCKS = st.lists(st.integers(0, 1 << 52))


@given(CLOCKS)
def test_text_order_is_the_order_of_minting_whatever_the_clock_does(clock: list[int]) -> None:
    ids = TrapIds(new_run())
    minted = [ids.mint(now) for now in clock]
    assert minted == sorted(set(minted))
    assert all(len(each) == 32 for each in minted)


@given(CLOCKS.filter(bool), CLOCKS.filter(bool))
def test_a_new_run_mints_behind_the_last_id_of_the_run_before(before: list[int], after: list[int]) -> None:
    first = TrapIds("ffffffffffff")
    old = [first.mint(now) for now in before]
    second = TrapIds("000000000000", first.last)
    assert second.mint(after[0]) > old[-1]


def test_an_id_is_microseconds_sequence_and_run() -> None:
    ids = TrapIds("0123456789ab")
    assert ids.last is None
    assert ids.mint(0x5F0A1B2C3D4E5) == "05f0a1b2c3d4e5" + "000000" + "0123456789ab"
    assert ids.mint(0x5F0A1B2C3D4E5) == "05f0a1b2c3d4e5" + "000001" + "0123456789ab"
    assert ids.mint(0x5F0A1B2C3D4E6) == "05f0a1b2c3d4e6" + "000000" + "0123456789ab"
    assert ids.last == "05f0a1b2c3d4e6" + "000000" + "0123456789ab"


@pytest.mark.parametrize("last", ["", "x" * 32, "0" * 31, None], ids=["empty", "no hex", "short", "none"])
def test_a_last_id_that_is_none_is_ignored(last: str | None) -> None:
    assert TrapIds("0" * 12, last).mint(1) == "0" * 13 + "1" + "0" * 18
