from hypothesis import given
from hypothesis import strategies as st

from trapline.ingest import segment
from trapline.ingest.segment import Entry

ENTRIES = st.lists(st.builds(Entry, st.text(max_size=40), st.binary(max_size=200), st.booleans()), max_size=8)


@given(ENTRIES)
def test_what_was_written_is_read(entries: list[Entry]) -> None:
    octets = segment.encode(entries)
    assert segment.decode(octets) == (entries, len(octets))


@given(ENTRIES, st.integers(min_value=0))
def test_a_segment_cut_anywhere_is_a_prefix_and_nothing_else(entries: list[Entry], cut: int) -> None:
    octets = segment.encode(entries)
    cut %= len(octets) + 1
    survivors, taken = segment.decode(octets[:cut])
    assert survivors == entries[: len(survivors)]
    assert segment.encode(survivors) == octets[:taken]
    lost = entries[len(survivors) :]
    assert not lost or cut < taken + len(segment.encode(lost[:1]))


@given(ENTRIES.filter(bool), st.integers(min_value=0), st.integers(1, 255))
def test_a_damaged_octet_ends_the_segment_before_its_record(entries: list[Entry], at: int, flip: int) -> None:
    octets = bytearray(segment.encode(entries))
    at %= len(octets)
    octets[at] ^= flip
    survivors, taken = segment.decode(bytes(octets))
    assert survivors == entries[: len(survivors)]
    assert taken <= at


@given(ENTRIES, st.integers(1, 4096))
def test_a_tail_of_zeros_is_no_record(entries: list[Entry], zeros: int) -> None:
    octets = segment.encode(entries)
    assert segment.decode(octets + bytes(zeros)) == (entries, len(octets))


@given(st.binary(max_size=512))
def test_arbitrary_octets_never_raise(octets: bytes) -> None:
    entries, taken = segment.decode(octets)
    assert len(segment.encode(entries)) == taken <= len(octets)
