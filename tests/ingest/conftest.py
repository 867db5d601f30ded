"""A disk that refuses, by the kernel's own means."""

import resource
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Files of this process cannot grow past the octets given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda octets: resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
