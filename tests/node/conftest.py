"""Fixtures of the node's own parts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.running_router import RunningRouter
from trapline.node.operators import Operators
from trapline.settings import load

PASSWORD = "correct horse"


def _router() -> RunningRouter:
    router = RunningRouter(replace(load({}), kafka_bootstrap="127.0.0.1:1"))  # nobody here needs a broker
    Operators(router.settings.home / "operators.json").add("anna", PASSWORD)
    return router


@pytest.fixture(scope="module")
def router() -> Iterator[RunningRouter]:
    """A router with the operator anna, and no stage."""
    running = _router()
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture
def own_router() -> Iterator[RunningRouter]:
    """The same for one test alone: its rate limits are untouched."""
    running = _router()
    try:
        yield running.start()
    finally:
        running.close()
