"""Repeats over restarts, on the real file system."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trapline.ingest.diary import Diary
from trapline.snmp.repeats import KEPT_PER_GENERATION

NOW = 1_772_366_400.123457


def digest(number: int) -> bytes:
    return b"%012d" % number


def feed(diary: Diary, numbers: range, now: float = NOW) -> None:
    assert not any(diary.repeats.is_repeat(digest(number), now) for number in numbers)


def known(diary: Diary, numbers: range, now: float = NOW) -> list[int]:
    return [number for number in numbers if diary.repeats.is_repeat(digest(number), now)]


def test_what_was_written_is_known_to_the_next_run(tmp_path: Path) -> None:
    first = Diary(tmp_path)
    feed(first, range(5))
    first.save()
    feed(first, range(5, 8))
    first.save()
    assert known(Diary(tmp_path), range(10)) == list(range(8))


def test_every_run_goes_on_with_the_file_of_the_one_before(tmp_path: Path) -> None:
    for run in range(4):
        diary = Diary(tmp_path)
        feed(diary, range(run * 3, run * 3 + 3), NOW + run)
        diary.save()
    assert known(Diary(tmp_path), range(20), NOW + 5) == list(range(12))
    assert len(list(tmp_path.iterdir())) == 1


def test_only_two_generations_stay_on_disk(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    for generation in range(5):
        feed(diary, range(generation * 10, generation * 10 + 10), NOW + 161 * generation)
        diary.save()
    assert len(list(tmp_path.iterdir())) == 2
    assert known(Diary(tmp_path), range(30, 50), NOW + 161 * 4) == list(range(30, 50))


def test_what_came_just_before_a_new_generation_is_written_too(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    feed(diary, range(KEPT_PER_GENERATION))
    feed(diary, range(KEPT_PER_GENERATION, KEPT_PER_GENERATION + 5), NOW + 1)
    diary.save()
    later = Diary(tmp_path)
    assert [len(each.digests) for each in later.repeats.generations] == [KEPT_PER_GENERATION, 5]


def test_a_cut_file_is_read_as_far_as_it_is_whole_and_goes_on_there(tmp_path: Path) -> None:
    first = Diary(tmp_path)
    feed(first, range(5))
    first.save()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    second = Diary(tmp_path)
    assert known(second, range(5)) == [0, 1, 2, 3]
    second.save()
    assert known(Diary(tmp_path), range(5)) == [0, 1, 2, 3, 4]


def test_a_disk_that_takes_half_of_it_is_given_all_when_there_is_room(
    tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    diary = Diary(tmp_path)
    feed(diary, range(10))
    small_files(31)
    with pytest.raises(OSError, match="File too large"):
        diary.save()
    assert (next(tmp_path.iterdir())).stat().st_size == 31
    small_files(-1)
    diary.save()
    assert known(Diary(tmp_path), range(10)) == list(range(10))


def test_a_file_that_cannot_be_read_is_said_and_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / f"{1:016x}.repeats").mkdir()
    assert known(Diary(tmp_path), range(3)) == []
    assert "cannot be read" in caplog.text
