"""Says to the router who is who. A component inside the router worker: two procedures, one per kind of transport.

trapline.auth.authenticate        operators' tickets (name, password) on the transports that browsers reach
trapline.auth.authenticate_guest  the node's own stages, on the Unix socket only; the secret is made at set-up

A password is checked in a thread, because argon2 takes longer than the router may stand still.
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
from trapline.node.operators import Operators
from trapline.protocol import uris
from trapline.settings import load

_REFUSED = "wamp.error.authentication_failed"
_WRONG = "name or password is wrong"
_LATER = "too many attempts; wait a minute and try again"
_LONGEST_TICKET = 1024
_log = Logger()
reactor: Any = _reactor  # a module that is also the reactor: its methods are not in its type


def peer_of(transport: Mapping[str, Any]) -> str:
    """The address that an attempt is counted for: the HTTP peer's, also when long-poll stands between.

    X-Forwarded-For is believed on the Unix socket only, where nobody but our long-poll resource can have set it.
    """
    peer = str(transport.get("peer") or "")
    if peer.startswith("unix"):
        headers = transport.get("http_headers_received") or {}
        return str(headers.get("x-forwarded-for") or peer)
    return peer.rpartition(":")[0] or peer


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
        reactor.addSystemEventTrigger("during", "shutdown", self._threads.stop)

    async def onJoin(self, details: Any) -> None:  # noqa: ARG002, N802  (autobahn's signature)
        """Crossbar opens the transports after this."""
        await self.register(self._operator, uris.AUTHENTICATE)
        await self.register(self._guest, uris.AUTHENTICATE_GUEST)

    async def _operator(self, _realm: str, authid: object, details: Mapping[str, Any]) -> dict[str, str]:
        name, ticket = _credentials(authid, details)
        peer, now_s = peer_of(details.get("transport") or {}), time.monotonic()
        if not (self._by_peer.take(peer, now_s) and self._by_name.take(name, now_s)):
            raise ApplicationError(_REFUSED, _LATER)
        if not await deferToThreadPool(reactor, self._threads, self._operators.is_password_of, name, ticket):
            _log.warn("operator {name!r} refused from {peer}", name=name[:64], peer=peer)
            raise ApplicationError(_REFUSED, _WRONG)
        self._by_peer.give_back(peer)
        self._by_name.give_back(name)
        return {"realm": uris.REALM, "role": "operator", "authid": name}

    def _guest(self, _realm: str, authid: object, details: Mapping[str, Any]) -> dict[str, str]:
        name, ticket = _credentials(authid, details)
        secret = self._guest_secret_file.read_text("ascii").strip()
        if name != "backend" or not secret or not hmac.compare_digest(ticket.encode(), secret.encode()):
            raise ApplicationError(_REFUSED, _WRONG)
        return {"realm": uris.REALM, "role": "backend", "authid": name}


def _credentials(authid: object, details: Mapping[str, Any]) -> tuple[str, str]:
    ticket = details.get("ticket")
    if not isinstance(authid, str) or not isinstance(ticket, str) or len(ticket) > _LONGEST_TICKET:
        raise ApplicationError(_REFUSED, _WRONG)
    return authid, ticket
