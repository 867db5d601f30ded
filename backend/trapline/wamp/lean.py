"""autobahn without NumPy.

autobahn imports a serializer for each format that it finds installed; those for UBJSON and FlatBuffers bring NumPy,
13 MB and 140 ms in every guest, for formats that nobody here speaks. They are hidden while it is imported.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = [
    "ApplicationError",
    "ApplicationSession",
    "CBORSerializer",
    "PublishOptions",
    "RegisterOptions",
    "TransportLost",
    "WampRawSocketClientFactory",
]


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # the import system's word for: is not there
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _hidden("bjdata", "autobahn.flatbuffers"):
    from autobahn.asyncio.rawsocket import WampRawSocketClientFactory
    from autobahn.asyncio.wamp import ApplicationSession
    from autobahn.wamp.exception import ApplicationError, TransportLost
    from autobahn.wamp.serializer import CBORSerializer
    from autobahn.wamp.types import PublishOptions, RegisterOptions
