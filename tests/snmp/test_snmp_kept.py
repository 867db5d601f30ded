"""What is kept for speed is bounded in octets, whatever a sender with a known community makes up."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.snmp import ber, varbinds

MEGABYTE = 1_000_000


@pytest.fixture
def taken() -> Iterator[Callable[[], float]]:
    """Octets allocated since the test began."""
    _forget()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    yield lambda: tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    _forget()


def _forget() -> None:
    ber._oid_texts.clear()
    varbinds._prefixes.clear()
    varbinds._kept.recent, varbinds._kept.older, varbinds._kept.runs = {}, {}, {}


def oid(number: int, octets: int) -> bytes:
    """Content octets of an OID of its own; its sub-identifiers are as long as they may be."""
    tail = bytes(0x80 | number >> shift & 0x7F for shift in (21, 14, 7)) + bytes((number & 0x7F,))
    tail = bytes((tail[0] | 1, *tail[1:]))
    count, rest = divmod(octets - len(tail) - 1, 5)
    return b"\x2b" + b"\x8f\xff\xff\xff\x7f" * count + b"\x7f" * rest + tail


def varbind(number: int, octets: int, value: bytes) -> bytes:
    return ber.write(ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, oid(number, octets)), ber.write(4, value))


@pytest.mark.parametrize(("octets", "count", "megabytes"), [(64, 17_000, 8), (600, 1_000, 0.2)])
def test_texts_of_oids_are_bounded_in_octets(
    taken: Callable[[], float], octets: int, count: int, megabytes: float
) -> None:
    for number in range(count):
        ber.oid_text(oid(number, octets))
    assert taken() < megabytes * MEGABYTE


@pytest.mark.parametrize(("octets", "count", "megabytes"), [(61, 17_000, 20), (600, 1_000, 0.2)])
def test_all_that_is_kept_of_varbinds_is_bounded_in_octets(
    taken: Callable[[], float], octets: int, count: int, megabytes: float
) -> None:
    for number in range(count):
        made = varbind(number, octets, b"x")
        varbinds.fragments(made, 0, len(made))
    assert taken() < megabytes * MEGABYTE


def test_an_oid_that_is_too_long_to_be_kept_reads_the_same_twice() -> None:
    long = oid(7, 65)
    assert ber.oid_text(long) == ber.oid_text(long)
    assert long not in ber._oid_texts
    assert ber.oid_text(oid(7, 64)) == ber._oid_texts[oid(7, 64)]


def test_runs_are_bounded_in_octets(taken: Callable[[], float]) -> None:
    nulls = b"".join(
        ber.write(ber.SEQUENCE, ber.write(ber.OBJECT_IDENTIFIER, bytes((43, number))), b"\x05\0")
        for number in range(100)
    )
    for number in range(2 * varbinds._RUNS_KEPT):
        made = varbind(number, 8, b"first of a run") + nulls
        for _ in range(3):
            varbinds.fragments(made, 0, len(made))
    assert taken() < 20 * MEGABYTE


LISTS = st.lists(
    st.lists(st.sampled_from([varbind(number, 8, b"a" * number) for number in (1, 2, 3, 200)]), max_size=9)
)


@given(LISTS, st.binary(max_size=4))
def test_whatever_was_seen_before_a_list_reads_the_same(lists: list[list[bytes]], behind: bytes) -> None:
    """Also when what stands behind the list goes on like a run that begins in it."""
    _forget()
    for each in lists:
        octets = b"".join(each)
        expected = b",".join(varbinds._any_fragment(one, 2 + (one[1] >> 7), len(one)) for one in each)
        for trailer in (b"", behind, b"".join(lists[0])):
            assert b",".join(varbinds.fragments(octets + trailer, 0, len(octets))) == expected


def test_what_comes_again_is_read_as_runs() -> None:
    _forget()
    shared, fresh = [varbind(number, 8, b"same") for number in range(8)], iter(range(100, 200))
    for _ in range(4):
        octets = b"".join([*shared[:4], varbind(next(fresh), 8, b"fresh"), *shared[4:]])
        found = varbinds.fragments(octets, 0, len(octets))
    assert len(found) == 3


def test_a_run_is_cut_where_traps_begin_to_differ() -> None:
    _forget()
    one, two, three, four = (varbind(number, 8, b"same") for number in range(4))
    for octets in (one + two + three, one + two + three, one + two + four, one + two + four):
        varbinds.fragments(octets, 0, len(octets))
    assert [run for run, _ in varbinds._kept.runs.values()] == [one + two]
