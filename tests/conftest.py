"""Fixtures for every room: a real broker, a whole node."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.running_broker import RunningBroker
from tests.running_node import RunningNode

# A loaded machine is slow, not wrong: no example has a deadline of its own.
settings.register_profile("trapline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("trapline")


@pytest.fixture(scope="session")
def kafka() -> Iterator[RunningBroker]:
    """One broker for the whole run; tests share its topics, so they tell their records apart by key."""
    broker = RunningBroker()
    try:
        yield broker.start()
    finally:
        broker.close()


@pytest.fixture
def own_kafka() -> Iterator[RunningBroker]:
    """A broker of this test alone: to be killed, or to have empty topics. Two seconds."""
    broker = RunningBroker()
    try:
        yield broker.start()
    finally:
        broker.close()


@pytest.fixture(scope="session")
def node() -> Iterator[RunningNode]:
    """One whole node for the whole run. Whoever kills a part waits until it is ready again."""
    running = RunningNode()
    try:
        yield running.start()
    finally:
        running.close()
