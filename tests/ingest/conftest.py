"""A real ingest on a real broker, and a disk that refuses by the kernel's own means."""

import resource
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from tests.ingest.running_ingest import RunningIngest, Sender, Written
from tests.running_broker import RunningBroker
from trapline.kafka.admin import ensure_topics
from trapline.protocol.topics import SNMP_TRAPS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Takes the limit of `small_files` away before pytest reports: its own output may be a file."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.fixture
def small_files() -> Callable[[int], None]:
    """Files of this process cannot grow past the octets given; -1: as large as before."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    return lambda octets: resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def written(kafka: RunningBroker) -> Iterator[Written]:
    ensure_topics(kafka.settings, (SNMP_TRAPS,))
    with closing(Written(kafka.settings)) as found:
        yield found


@pytest.fixture
def ingest(kafka: RunningBroker, cleanup: ExitStack) -> RunningIngest:
    return cleanup.enter_context(closing(RunningIngest(kafka.settings))).start()


@pytest.fixture
def sender(ingest: RunningIngest, cleanup: ExitStack) -> Sender:
    return cleanup.enter_context(closing(Sender(ingest.port)))
