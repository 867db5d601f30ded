"""Says to the router who is who. A component inside the router worker: two procedures, one per kind of transport.

trapline.auth.authenticate        operators' tickets (name, password) on the transports that browsers reach
trapline.auth.authenticate_guest  on the Unix socket only, with the secret made at set-up: the node's own stages, and as
                                  `local:NAME` the operator who runs `trapline …` on this host

A password is checked in a thread, because argon2 takes longer than the router may stand still; who comes while many
wait for it is asked to come again.
"""

import hmac
import time
from collections.abc import Mapping
from typing import Any

from autobahn.twisted.wamp import ApplicationSession
from autobahn.wamp.exception import ApplicationError
from autobahn.wamp.types import ComponentConfig
from twisted.internet import reactor as _reactor
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.threadpool import ThreadPool

from trapline.node.attempts import Attempts
from trapline.node.operators import Operators, is_name
from trapline.node.peer import counted_as
from trapline.protocol import uris
from trapline.protocol.commands import LOCAL
from trapline.settings import load

_REFUSED = "wamp.error.authentication_failed"
_WRONG = "name or password is wrong"
_LATER = "too many attempts; wait a minute and try again"
_BUSY = "too many people sign in just now; try again in a moment"
_LONGEST_TICKET = 1024
WAITING_LIMIT = 16  # half a second of one core
_log = Logger()
reactor: Any = _reactor  # a module that is also the reactor: its methods are not in its type


def peer_of(transport: Mapping[str, Any]) -> str:
    """The network that an attempt is counted for: the HTTP peer's, also when long-poll stands between.

    X-Forwarded-For is believed on the Unix socket only, where nobody but our long-poll resource can have set it.
    """
    peer = str(transport.get("peer") or "")
    if peer.startswith("unix"):
        headers = transport.get("http_headers_received") or {}
        return counted_as(str(headers.get("x-forwarded-for") or peer))
    # autobahn writes tcp4:192.0.2.1:5000 and tcp6:2001:db8::1:5000.
    return counted_as(peer.partition(":")[2].rpartition(":")[0] or peer)


class Authenticator(ApplicationSession):
    """Registers both procedures."""

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        settings = load()
        self._operators = Operators(settings.home / "operators.json")
        self._guest_secret_file = settings.home / "secrets" / "router"
        # A person mistypes a few times; a machine gets 6 a minute.
        self._by_peer = Attempts(burst=10, refill_s=10)
        self._by_name = Attempts(burst=20, refill_s=5)
        # One thread: guessing in parallel takes one core at most, and 19 MiB once.
        self._threads = ThreadPool(0, 1, "authenticator")
        self._threads.start()
        self._waiting = 0
        reactor.addSystemEventTrigger("during", "shutdown", self._threads.stop)

    async def onJoin(self, details: Any) -> None:  # noqa: ARG002, N802  (autobahn's signature)
        """Crossbar opens the transports after this."""
        await self.register(self._operator, uris.AUTHENTICATE)
        await self.register(self._guest, uris.AUTHENTICATE_GUEST)

    async def _operator(self, _realm: str, authid: object, details: Mapping[str, Any]) -> dict[str, str]:
        name, ticket = _credentials(authid, details)
        if not is_name(name):
            raise ApplicationError(_REFUSED, _WRONG)
        if self._waiting >= WAITING_LIMIT:
            raise ApplicationError(_REFUSED, _BUSY)
        peer, now_s = peer_of(details.get("transport") or {}), time.monotonic()
        if not (self._by_peer.take(peer, now_s) and self._by_name.take(name, now_s)):
            raise ApplicationError(_REFUSED, _LATER)
        self._waiting += 1
        try:
            is_right = await deferToThreadPool(reactor, self._threads, self._operators.is_password_of, name, ticket)
        finally:
            self._waiting -= 1
        if not is_right:
            _log.warn("operator {name} refused from {peer}", name=name, peer=peer)
            raise ApplicationError(_REFUSED, _WRONG)
        self._by_peer.give_back(peer)
        self._by_name.give_back(name)
        return {"realm": uris.REALM, "role": "operator", "authid": name}

    def _guest(self, _realm: str, authid: object, details: Mapping[str, Any]) -> dict[str, str]:
        name, ticket = _credentials(authid, details)
        secret = self._guest_secret_file.read_text("ascii").strip()
        if not secret or not hmac.compare_digest(ticket.encode(), secret.encode()):
            raise ApplicationError(_REFUSED, _WRONG)
        if name == "backend":
            return {"realm": uris.REALM, "role": "backend", "authid": name}
        # Who can read the secret could be any stage: no password would keep anything from them.
        if name.startswith(LOCAL) and is_name(name.removeprefix(LOCAL)):
            return {"realm": uris.REALM, "role": "operator", "authid": name}
        raise ApplicationError(_REFUSED, _WRONG)


def _credentials(authid: object, details: Mapping[str, Any]) -> tuple[str, str]:
    ticket = details.get("ticket")
    if not isinstance(authid, str) or not isinstance(ticket, str) or len(ticket) > _LONGEST_TICKET:
        raise ApplicationError(_REFUSED, _WRONG)
    try:
        ticket.encode()
    except UnicodeEncodeError:  # JSON can carry half of a surrogate pair, UTF-8 cannot
        raise ApplicationError(_REFUSED, _WRONG) from None
    return authid, ticket
