"""What is kept for speed is bounded in octets, whatever a sender with a known community makes up."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

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
    varbinds._kept.recent, varbinds._kept.older = {}, {}


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
