"""The broker's jars: fetched once, each checked against kafka.lock every time before Java sees it.

A download goes to a directory of its own and moves into the cache only when its SHA-256 is the lock's, so a file in
the cache that differs was not put there by us: it is refused, not repaired. The class path names the locked jars and
nothing else, so a stranger in the directory is never loaded.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from trapline.protocol.errors import SettingError

Progress = Callable[[str], None]
Fetch = Callable[["Jar", Path], Path]


class Jar(NamedTuple):
    """One line of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def read_lock() -> tuple[Jar, ...]:
    """The jars of kafka.lock, in its order, which is the order of the class path."""
    jars = []
    for line in files("trapline.node").joinpath("kafka.lock").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            path, sha256, size = line.split()
            *group, artifact, version, _file = path.split("/")
            jars.append(Jar(".".join(group), artifact, version, sha256, int(size)))
    return tuple(jars)


def verify(jar: Jar, path: Path) -> None:
    """Raises SettingError unless the file is the locked one."""
    size = path.stat().st_size
    if size != jar.size:
        raise SettingError(
            f"{path} has {size} octets instead of {jar.size}: half a download or not ours; delete it and try again"
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != jar.sha256:
        raise SettingError(
            f"{path} has SHA-256 {found}, the lock says {jar.sha256}: it is not the pinned jar; delete it and try again"
        )


def missing(directory: Path) -> tuple[Jar, ...]:
    """The jars of the lock that are not in the cache."""
    return tuple(jar for jar in read_lock() if not (directory / jar.file_name).exists())


def class_path(directory: Path) -> tuple[Path, ...]:
    """The cached jars, each checked. Raises SettingError when one is missing or not the locked one."""
    absent = missing(directory)
    if absent:
        raise SettingError(
            f"{directory} lacks {len(absent)} of the broker's jars ({absent[0].file_name}, …); run `trapline setup`"
        )
    real = directory.resolve()  # Java's AOT cache compares the class path's text
    jars = read_lock()
    for jar in jars:
        verify(jar, real / jar.file_name)
    return tuple(real / jar.file_name for jar in jars)


def _fetch(jar: Jar, into: Path) -> Path:
    # jgo logs and imports a lot; only a set-up that must download pays for it.
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=into, timeout=60)
    path = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    return Path(path)


def fetch_missing(directory: Path, progress: Progress, fetch: Fetch = _fetch) -> tuple[Path, ...]:
    """Fills the cache and returns the class path. Raises SettingError when a jar cannot be had or differs."""
    absent = missing(directory)
    if absent:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=directory) as staging:
            _fetch_all(absent, directory, Path(staging), progress, fetch)
    return class_path(directory)


def _fetch_all(absent: Sequence[Jar], directory: Path, staging: Path, progress: Progress, fetch: Fetch) -> None:
    total = sum(jar.size for jar in absent)
    done = count = 0

    def one(jar: Jar) -> Jar:
        try:
            path = fetch(jar, staging)
        except Exception as error:  # requests, jgo and the file system each have errors of their own
            raise SettingError(
                f"{jar.group}:{jar.artifact}:{jar.version} cannot be downloaded ({type(error).__name__}); check the "
                "network and proxy, or set TRAPLINE_KAFKA_BOOTSTRAP to use a Kafka of yours"
            ) from error
        verify(jar, path)
        os.replace(path, directory / jar.file_name)
        return jar

    with ThreadPoolExecutor(4) as pool:
        for jar in pool.map(one, absent):
            tenths, done, count = done * 10 // total, done + jar.size, count + 1
            if done * 10 // total > tenths:
                progress(f"Kafka: {count} of {len(absent)} jars, {done / 1e6:.0f} of {total / 1e6:.0f} MB")
