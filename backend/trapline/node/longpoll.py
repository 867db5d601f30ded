"""WAMP over long-poll for browsers whose WebSocket is blocked: a resource that relays to the router.

Crossbar's own `longpoll` service cannot complete a HELLO (25.12 to 26.10.1), so each long-poll session is relayed,
one to one, to a WebSocket transport of the same router on a Unix socket: authentication, roles and limits are then
those of the WebSocket. The protocol is the WAMP specification's (long-poll transport, `wamp.2.json.batched`):

  POST open             {"protocols": [...]} → {"protocol", "transport"}
  POST <id>/receive     waits up to REQUEST_TIMEOUT_S, answers messages, each followed by 0x18; 204 when there were none
  POST <id>/send        messages, each followed by 0x18 → 204
  POST <id>/close       → 204; the id is unknown from then on (404)

Everything is bounded: sessions, of one peer and of all, octets in and out, of one session and of all, time without a
request, time to open.
"""

import json
import secrets
from collections import Counter
from typing import Any

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet import reactor as _reactor
from twisted.internet.endpoints import UNIXClientEndpoint
from twisted.logger import Logger
from twisted.web import pages
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from trapline.node import origin
from trapline.node.peer import counted_as

REQUEST_TIMEOUT_S = 25.0  # below the 30 s of common proxies
SESSION_TIMEOUT_S = 60.0
OPEN_TIMEOUT_S = 5
COALESCE_S = 0.02
SESSIONS_LIMIT = 600
# Browsers behind one proxy are one peer to us: a site with more of them on long-poll needs a second node.
SESSIONS_PER_PEER_LIMIT = 100
QUEUE_LIMIT_BYTES = 1 << 20  # ten times the largest message of ours
TOTAL_QUEUE_LIMIT_BYTES = 64 << 20
ANSWER_LIMIT_BYTES = 256 << 10  # what follows stays in the queue, where it is counted, until it is asked for
SEND_LIMIT_BYTES = 128 << 10
SEPARATOR = b"\x18"
PROTOCOL = "wamp.2.json.batched"
# IE 11 caches answers to POST when told nothing; proxies buffer when they may.
_HEADERS = {
    b"cache-control": b"no-store, no-cache, must-revalidate",
    b"pragma": b"no-cache",
    b"expires": b"0",
    b"x-accel-buffering": b"no",
    b"x-content-type-options": b"nosniff",
}

_log = Logger()
reactor: Any = _reactor  # a module that is also the reactor: its methods are not in its type


class _Relay(WebSocketClientProtocol):
    """The router's side of one session."""

    session: "_Session"

    def onOpen(self) -> None:  # noqa: N802  (autobahn's name)
        self.session.on_router_open(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: ARG002, N802, N803  (autobahn's names)
        self.session.on_router_message(payload)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: ARG002, N802, N803  (autobahn's names)
        self.session.on_router_close()


class _Session(Resource):
    """The browser's side of one session. States: opening, open, ended (the rest may be fetched), closed."""

    isLeaf = True  # noqa: N815  (Twisted's name)

    def __init__(self, owner: "LongPoll", opening: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self.id = secrets.token_urlsafe(18)
        self.peer = counted_as(opening.getClientAddress().host)
        self._owner = owner
        self._opening = opening
        self._router: _Relay | None = None
        self._queue: list[bytes] = []
        self.queued = 0
        self._poll: Any = None
        self._is_closed = False
        self._flush_call: Any = None
        self._poll_call: Any = None
        self._idle_call = reactor.callLater(SESSION_TIMEOUT_S, self.close)
        opening.notifyFinish().addErrback(lambda _reason: self.close() if self._opening else None)
        self._connect(opening)

    def _connect(self, request: Any) -> None:
        headers = {"X-Forwarded-For": request.getClientAddress().host}
        agent = request.getHeader("user-agent")
        if agent and agent.isascii() and agent.isprintable():
            headers["User-Agent"] = agent[:256]
        factory = WebSocketClientFactory("ws://localhost", protocols=["wamp.2.json"], headers=headers)
        factory.setProtocolOptions(openHandshakeTimeout=OPEN_TIMEOUT_S, failByDrop=True)
        factory.noisy = False
        session = self

        def build(_address: object = None) -> _Relay:
            relay = _Relay()
            relay.factory, relay.session = factory, session
            return relay

        setattr(factory, "buildProtocol", build)  # noqa: B010  (mypy: a method, on purpose)
        endpoint = UNIXClientEndpoint(reactor, self._owner.socket, timeout=OPEN_TIMEOUT_S)
        endpoint.connect(factory).addErrback(lambda _failure: self.on_router_close())

    def on_router_open(self, router: _Relay) -> None:
        self._router = router
        if self._is_closed:
            router.dropConnection(abort=True)
            return
        request, self._opening = self._opening, None
        body = json.dumps({"protocol": PROTOCOL, "transport": self.id}).encode()
        _answer(request, 200, body)

    def on_router_message(self, payload: bytes) -> None:
        if self._is_closed:
            return
        self._queue.append(payload)
        self._count(len(payload))
        if self.queued > QUEUE_LIMIT_BYTES:
            self.close_for("a long-poll browser does not fetch")
        elif (
            payload.startswith(b"[3,") and self._router
        ):  # ABORT: Crossbar keeps such a connection; nothing follows on it
            self._router.dropConnection(abort=True)
        elif self._poll and not self._flush_call:
            self._flush_call = reactor.callLater(COALESCE_S, self._flush)
        self._owner.make_room()

    def _count(self, octets: int) -> None:
        self.queued += octets
        self._owner.queued += octets

    def close_for(self, reason: str) -> None:
        """Closes, and says why."""
        _log.warn("{reason}: {n} octets queued; closed", reason=reason, n=self.queued)
        self.close()

    def on_router_close(self) -> None:
        self._router = None
        if self._opening:
            request, self._opening = self._opening, None
            _answer(request, 503, b"the router does not answer")
            self.close()
        elif not self._queue:
            self.close()
        elif self._poll:
            self._flush()  # an ABORT or GOODBYE says why; the browser gets 404 after it

    def _flush(self) -> None:
        self._flush_call = None
        if self._poll and self._queue:
            size, count = 0, 0
            while count < len(self._queue) and size < ANSWER_LIMIT_BYTES:
                size += len(self._queue[count])
                count += 1
            body = b"".join(message + SEPARATOR for message in self._queue[:count])
            del self._queue[:count]
            self._count(-size)
            self._end_poll(200, body)
        if self._router is None and not self._queue:
            self.close()

    def _end_poll(self, code: int, body: bytes = b"") -> None:
        request, self._poll = self._poll, None
        if self._poll_call and self._poll_call.active():
            self._poll_call.cancel()
        if request:
            _answer(request, code, body)

    def render_POST(self, request: Any) -> Any:  # noqa: N802  (Twisted's name)
        operation = request.postpath[0] if request.postpath else b""
        self._idle_call.reset(SESSION_TIMEOUT_S)
        if operation == b"receive":
            return self._receive(request)
        if operation == b"send":
            return self._send(request)
        if operation == b"close":
            self.close()
            return _now(request, 204)
        return _now(request, 404)

    def _receive(self, request: Any) -> Any:
        self._end_poll(204)  # a browser that asks again has given up the request before
        self._poll = request

        def gone(_reason: object) -> None:
            if self._poll is request:
                self._poll = None
                self._end_poll(0)

        request.notifyFinish().addErrback(gone)
        self._poll_call = reactor.callLater(REQUEST_TIMEOUT_S, self._end_poll, 204)
        self._flush()
        return NOT_DONE_YET

    def _send(self, request: Any) -> Any:
        body = request.content.read(SEND_LIMIT_BYTES + 1)
        if len(body) > SEND_LIMIT_BYTES:
            return _now(request, 413)
        if self._router is None:
            return _now(request, 404)
        for message in body.split(SEPARATOR):
            if message:
                self._router.sendMessage(message)  # type: ignore[no-untyped-call]  # autobahn's
        return _now(request, 204)

    def close(self) -> None:
        """Ends both sides; the session is unknown from now on."""
        if self._is_closed:
            return
        self._is_closed = True
        self._owner.forget(self)
        for call in (self._idle_call, self._flush_call):
            if call and call.active():
                call.cancel()
        self._queue = []
        self._count(-self.queued)
        self._end_poll(404)
        request, self._opening = self._opening, None
        if request and not request.finished and not request._disconnected:  # noqa: SLF001  (Twisted has no public name)
            _answer(request, 503, b"the router does not answer")
        if self._router:
            self._router.dropConnection(abort=True)


class LongPoll(Resource):
    """Crossbar's `resource` for the path `lp`.

    `extra.socket` is the Unix socket of the WebSocket transport; `extra.allowed_origins`: pages besides our own.
    """

    def __init__(self, extra: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self.socket: str = extra["socket"]
        self._allowed_origins = frozenset(map(origin.normal, extra["allowed_origins"]))
        self._sessions: dict[str, _Session] = {}
        self._by_peer: Counter[str] = Counter()
        self.queued = 0

    def getChild(self, path: bytes, request: Any) -> Any:  # noqa: N802  (Twisted's name)
        """`open`, or a session; neither for a page that is not ours."""
        refusal = origin.refusal(request.getHeader("origin"), request.getHeader("host"), self._allowed_origins)
        if refusal:
            _log.warn("{refusal}", refusal=refusal)
            return pages.forbidden(refusal)
        if path == b"open":
            return _Open(self)
        session = self._sessions.get(path.decode("ascii", "replace"))
        return session if session is not None else pages.notFound(message="no such session")

    def begin(self, request: Any) -> Any:
        """A new session for an open request."""
        if len(self._sessions) >= SESSIONS_LIMIT:
            return _now(request, 503, b"too many long-poll sessions")
        if self._by_peer[counted_as(request.getClientAddress().host)] >= SESSIONS_PER_PEER_LIMIT:
            return _now(request, 503, b"too many long-poll sessions from your address")
        session = _Session(self, request)
        self._sessions[session.id] = session
        self._by_peer[session.peer] += 1
        return NOT_DONE_YET

    def make_room(self) -> None:
        """Closes those that hold most, until all together hold no more than they may."""
        while self.queued > TOTAL_QUEUE_LIMIT_BYTES:
            largest = max(self._sessions.values(), key=lambda session: session.queued)
            largest.close_for("long-poll browsers together hold too much, and this one most")

    def forget(self, session: _Session) -> None:
        """The session is closed."""
        if self._sessions.pop(session.id, None):
            self._by_peer[session.peer] -= 1
            if not self._by_peer[session.peer]:
                del self._by_peer[session.peer]


class _Open(Resource):
    isLeaf = True  # noqa: N815  (Twisted's name)

    def __init__(self, owner: LongPoll) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's
        self._owner = owner

    def render_POST(self, request: Any) -> Any:  # noqa: N802  (Twisted's name)
        try:
            offered = json.loads(request.content.read(4096))["protocols"]
            is_known = PROTOCOL in offered
        except (ValueError, KeyError, TypeError, UnicodeDecodeError):
            is_known = False
        if not is_known:
            return _now(request, 400, f"offer the protocol {PROTOCOL}".encode())
        return self._owner.begin(request)


def _now(request: Any, code: int, body: bytes = b"") -> bytes:
    for name, value in _HEADERS.items():
        request.setHeader(name, value)
    request.setHeader(
        b"content-type", b"application/json; charset=utf-8" if code == 200 else b"text/plain; charset=utf-8"
    )
    request.setResponseCode(code)
    return body


def _answer(request: Any, code: int, body: bytes = b"") -> None:
    request.write(_now(request, code, body))
    request.finish()
