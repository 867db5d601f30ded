"""What is not the locked jar is never put before Java."""

import hashlib
from pathlib import Path

import pytest

from trapline.node import kafka_jars
from trapline.node.kafka_jars import Jar
from trapline.protocol.errors import SettingError

GOOD = b"the jar"
JAR = Jar("org.example", "thing", "1.0", hashlib.sha256(GOOD).hexdigest(), len(GOOD))


@pytest.fixture(autouse=True)
def lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_jars, "read_lock", lambda: (JAR,))


def _fetcher(content: bytes) -> kafka_jars.Fetch:
    def fetch(jar: Jar, into: Path) -> Path:
        path = into / jar.file_name
        path.write_bytes(content)
        return path

    return fetch


def test_a_fetched_jar_is_checked_and_kept(tmp_path: Path) -> None:
    said: list[str] = []
    (path,) = kafka_jars.fetch_missing(tmp_path, said.append, _fetcher(GOOD))
    assert path.read_bytes() == GOOD
    assert said == ["Kafka: 1 of 1 jars, 0 of 0 MB"]
    assert [each.name for each in tmp_path.iterdir()] == [JAR.file_name]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"the jAr", "it is not the pinned jar"), (b"the", "half a download"), (b"", "half a download")],
    ids=["foreign", "half", "empty"],
)
def test_a_download_that_differs_is_refused_and_not_kept(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        kafka_jars.fetch_missing(tmp_path, print, _fetcher(content))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"the jAr", b"the"], ids=["foreign", "half"])
def test_a_jar_in_the_cache_that_differs_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / JAR.file_name).write_bytes(content)
    with pytest.raises(SettingError, match=r"thing-1\.0\.jar") as refusal:
        kafka_jars.fetch_missing(tmp_path, print, _fetcher(GOOD))
    assert "delete it and try again" in str(refusal.value)


def test_a_stranger_in_the_cache_is_not_on_the_class_path(tmp_path: Path) -> None:
    (tmp_path / JAR.file_name).write_bytes(GOOD)
    (tmp_path / "stranger-1.0.jar").write_bytes(b"evil")
    assert [path.name for path in kafka_jars.class_path(tmp_path)] == [JAR.file_name]


def test_a_network_that_fails_is_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    def fetch(_jar: Jar, _into: Path) -> Path:
        raise OSError("no route")

    with pytest.raises(SettingError) as refusal:
        kafka_jars.fetch_missing(tmp_path, print, fetch)
    sentence = str(refusal.value)
    assert "org.example:thing:1.0 cannot be downloaded" in sentence
    assert "TRAPLINE_KAFKA_BOOTSTRAP" in sentence


def test_missing_jars_name_the_command_that_fetches_them(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="trapline setup"):
        kafka_jars.class_path(tmp_path)
