"""Fixtures of rooms that meet on real parts."""

from collections.abc import Iterator

import pytest

from tests.running_broker import RunningBroker
from tests.running_router import RunningRouter


@pytest.fixture(scope="session")
def router(kafka: RunningBroker) -> Iterator[RunningRouter]:
    """One router for all tests of this folder, without guests."""
    running = RunningRouter(kafka.settings)
    try:
        yield running.start()
    finally:
        running.close()
