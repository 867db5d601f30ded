"""The spool on a real file system, with crashes: what is not delivered is read again, in order, and nothing else."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trapline.ingest import segment
from trapline.ingest.segment import Entry
from trapline.ingest.spool import Spool
from trapline.protocol.errors import SettingError

BOUND = 1 << 20


def entry(number: int, size: int = 100) -> Entry:
    return Entry(f"10.0.0.{number % 7}", b"%d " % number + b"x" * size, number % 5 == 0)


def read_all(spool: Spool, number: int = 0) -> list[tuple[int, Entry]]:
    found = []
    while number < spool.end:
        first, entries = spool.read(number)
        found += list(enumerate(entries, first))
        number = first + len(entries)
    return found


def crash(spool: Spool) -> None:
    """What kill -9 leaves: the files as they are, and no lock."""
    os.close(spool._lock)
    os.close(spool._checkpoint)
    spool._close_segment()


def test_a_record_is_read_until_it_is_delivered(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", BOUND)
    assert spool.append([entry(0), entry(1)]) == 0
    assert spool.append([entry(2)]) == 2
    assert read_all(spool) == [(number, entry(number)) for number in range(3)]
    spool.mark_delivered(2)
    spool.close()
    spool = Spool(tmp_path / "spool", BOUND)
    assert (spool.delivered, spool.end) == (2, 3)
    assert read_all(spool, spool.delivered) == [(2, entry(2))]
    spool.mark_delivered(3)
    spool.close()
    assert not list((tmp_path / "spool").glob("*.segment"))
    assert Spool(tmp_path / "spool", BOUND).end == 3


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 40), st.integers(0, 3000)),
        st.tuples(st.just("deliver"), st.floats(0, 1), st.just(0)),
        st.tuples(st.just("crash"), st.integers(0, 4000), st.just(0)),
        st.tuples(st.just("restart"), st.just(0), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_a_prefix_survives_any_crash_and_nothing_else(
    steps: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A crash may tear the last segment anywhere (power loss); numbers and records go on from what is left."""
    directory = tmp_path_factory.mktemp("spool")
    spool = Spool(directory, 64 << 20)
    model: dict[int, Entry] = {}
    delivered = serial = 0
    for step, amount, size in steps:
        if step == "append":
            batch = [entry(serial + n, size) for n in range(int(amount))]
            serial += len(batch)
            first = spool.append(batch)
            model |= dict(enumerate(batch, first))
        elif step == "deliver":
            delivered += int((spool.end - delivered) * amount)
            spool.mark_delivered(delivered)
        else:
            if step == "restart":
                spool.close()
            else:
                crash(spool)
                files = sorted(directory.glob("*.segment"))
                if files:
                    os.truncate(files[-1], max(0, files[-1].stat().st_size - int(amount)))
            spool = Spool(directory, 64 << 20)
            assert step == "crash" or spool.end == max(model, default=-1) + 1
            assert spool.end >= delivered
            model = {number: each for number, each in model.items() if number < spool.end}
        wanted = {number: each for number, each in model.items() if number >= delivered}
        assert read_all(spool, delivered) == sorted(wanted.items())
    spool.close()


def test_past_the_bound_the_oldest_go_and_the_rest_stays_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", BOUND)
    for number in range(0, 3000, 10):
        spool.append([entry(each, 990) for each in range(number, number + 10)])
        spool.trim()
    assert spool.size <= BOUND
    assert spool.first > 1500
    assert [number for number, _ in read_all(spool)] == list(range(spool.first, 3000))


def test_a_damaged_segment_costs_its_own_rest_only(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", BOUND)
    for number in range(600):
        spool.append([entry(number, 990)])
    spool.close()
    first, second, *_ = sorted((tmp_path / "spool").glob("*.segment"))
    with first.open("r+b") as file:
        file.seek(5000)
        file.write(b"\xff\xff\xff\xff")
    spool = Spool(tmp_path / "spool", BOUND)
    intact = len(segment.decode(first.read_bytes())[0])
    assert 0 < intact < int(second.stem, 16)
    numbers = [number for number, _ in read_all(spool)]
    assert numbers == [*range(intact), *range(int(second.stem, 16), 600)]


def test_a_second_process_is_refused_with_the_way_out(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", BOUND)
    with pytest.raises(SettingError, match=r"another ingest uses the spool .*TRAPLINE_HOME"):
        Spool(tmp_path / "spool", BOUND)
    spool.close()
    Spool(tmp_path / "spool", BOUND).close()


def test_a_full_disk_leaves_what_was_written_and_numbers_go_on(
    tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    spool = Spool(tmp_path / "spool", BOUND)
    spool.append([entry(0, 990)])
    small_files(4000)
    with pytest.raises(OSError, match="File too large"):
        spool.append([entry(number, 990) for number in range(1, 9)])
    assert spool.skip(8) == 1
    assert spool.append([entry(9)]) == 9
    assert read_all(spool) == [(0, entry(0, 990)), (9, entry(9))]
    spool.close()
    spool = Spool(tmp_path / "spool", BOUND)
    assert (spool.end, [number for number, _ in read_all(spool)]) == (10, [0, 9])


def test_a_sync_covers_what_was_written_before_it_began(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", BOUND)
    spool.append([entry(0), entry(1)])
    sync = spool.begin_sync()
    spool.append([entry(2)])
    assert sync() == 2
    assert spool.begin_sync()() == 3
