"""What Crossbar's router lacks: one subscriber that closes, or stops reading, must harm nobody.

Crossbar 26.10.1's `Router.send` raises when a receiver is just closing, which ends the broker's loop over the
subscribers: the rest never gets the event. And nothing bounds what is queued for a receiver that does not read.
Its `allowed_origins` are fixed patterns that cannot say "the host that the browser called us by", so the Origin of a
WebSocket is judged here. Nor does it bound a request's body (request_body.py). Crossbar starts this component before
it opens transports; it wraps once per process.
"""

from collections.abc import Callable
from typing import Any

from autobahn.exception import Disconnected
from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp.exception import TransportLost
from autobahn.wamp.types import ComponentConfig
from autobahn.websocket.types import ConnectionDeny
from crossbar.common.twisted.web import Site
from crossbar.router.protocol import WampWebSocketServerProtocol
from crossbar.router.router import Router
from twisted.logger import Logger

from trapline.node import origin
from trapline.node.request_body import BoundedRequest

# Some three snapshots of a large wall. A browser that far behind is better off connecting again.
QUEUE_LIMIT_BYTES = 4 << 20

Send = Callable[[Any, Any, Any], None]
Connect = Callable[[Any, Any], Any]
_log = Logger()


def queued_bytes(connection: Any) -> int:
    """What Twisted holds for a connection and the kernel has not taken (twisted.internet.abstract.FileDescriptor)."""
    try:
        return len(connection.dataBuffer) - int(connection.offset) + int(connection._tempDataLen)  # noqa: SLF001  (no public name)
    except AttributeError:
        return 0


def guarded(send: Send, queue_limit_bytes: int) -> Send:
    """`send` that never raises for a receiver that is gone, and cuts off one that does not read."""

    def guarded_send(router: Any, session: Any, message: Any) -> None:
        transport = session._transport  # noqa: SLF001  (the router's own way to it)
        connection = getattr(transport, "transport", None)
        try:
            send(router, session, message)
        except (Disconnected, TransportLost):
            _abort(connection)
            return
        queued = queued_bytes(connection)
        if queued > queue_limit_bytes:
            _log.warn("a subscriber does not read: {queued} octets queued; connection cut", queued=queued)
            _abort(connection)

    return guarded_send


def _abort(connection: Any) -> None:
    abort = getattr(connection, "abortConnection", None)
    if abort:
        abort()


def same_origin(on_connect: Connect, allowed: frozenset[str]) -> Connect:
    """`onConnect` that answers 403 to a page that is not ours."""

    def guarded_connect(connection: Any, request: Any) -> Any:
        refusal = origin.refusal(request.headers.get("origin"), request.headers.get("host"), allowed)
        if refusal:
            _log.warn("{refusal}", refusal=refusal)
            raise ConnectionDeny(ConnectionDeny.FORBIDDEN, "origin not allowed")
        return on_connect(connection, request)

    return guarded_connect


class Hardening(ApplicationSession):
    """Wraps all three when the router worker loads it. `extra.allowed_origins`: pages besides our own."""

    _is_installed = False

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        if not Hardening._is_installed:
            Hardening._is_installed = True
            allowed = frozenset(map(origin.normal, config.extra["allowed_origins"]))
            setattr(Router, "send", guarded(Router.send, QUEUE_LIMIT_BYTES))  # noqa: B010  (mypy: a method, on purpose)
            connect = same_origin(WampWebSocketServerProtocol.onConnect, allowed)
            setattr(WampWebSocketServerProtocol, "onConnect", connect)  # noqa: B010  (the same)
            Site.requestFactory = BoundedRequest
