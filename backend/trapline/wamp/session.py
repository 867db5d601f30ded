"""A session with the node's router that is always there again.

Over the Unix socket as role `backend`, with the secret of the node. After each join everything that is offered is
registered again; whoever registers first serves (law 4: that elects), any other waits until the name is free.
"""

import asyncio
import logging
from typing import Any, Final

from trapline.protocol import uris
from trapline.protocol.errors import Refused, SettingError
from trapline.settings import Settings
from trapline.wamp.call import Caller, Handler, Procedure, plain
from trapline.wamp.lean import (
    ApplicationError,
    ApplicationSession,
    CBORSerializer,
    PublishOptions,
    RegisterOptions,
    TransportLost,
    WampRawSocketClientFactory,
)

_log = logging.getLogger("trapline.wamp")
# How a session ends is said here, once and in our words; autobahn names a logger after each class of sessions.
for _name in ("autobahn", f"{__name__}.Session"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

AUTHID: Final = "backend"
# The tenth attempt waits no longer than the first: the socket is on this machine, and the wall is behind it.
_RETRY_S: Final = 0.25
_ANSWER_S: Final = 10.0
_GOODBYE_S: Final = 1.0
_TAKE_OVER_S: Final = 1.0
_CLOGGED_BYTES: Final = 4 << 20
_CANCELED: Final = "wamp.error.canceled"
_EXISTS: Final = "wamp.error.procedure_already_exists"
_FAILED: Final = "wamp.error.runtime_error"
# Nobody waits for the router's answer to an event: the next frame or heartbeat says the same and more.
_UNACKNOWLEDGED: Final = PublishOptions(acknowledge=False)


class Door:
    """`offer` before `run`. Everything happens in the event loop of `run`."""

    def __init__(self, settings: Settings) -> None:
        self._path = str(settings.router_socket)
        self._ticket = secret_of(settings)
        self._procedures: list[Procedure] = []
        self._serving: set[asyncio.Task[Any]] = set()
        self._session: Session | None = None
        self._last_failure = ""
        self._open = asyncio.Event()

    def offer(self, uri: str, handler: Handler) -> None:
        """Registers `handler` under `uri` at each join, in the order of the offers."""
        self._procedures.append(Procedure(uri, handler))

    @property
    def is_open(self) -> bool:
        """True while we are joined and everything offered is registered to us."""
        return self._open.is_set()

    async def opened(self) -> None:
        """Waits until `is_open`."""
        await self._open.wait()

    @property
    def is_clogged(self) -> bool:
        """True while the router does not read what we wrote: whoever can wait should."""
        transport = getattr(getattr(self._session, "_transport", None), "transport", None)
        return transport is not None and transport.get_write_buffer_size() > _CLOGGED_BYTES

    def publish(self, uri: str, record: object) -> None:
        """Publishes a record as the first positional argument. Nothing happens while the door is closed."""
        if self._session is not None and self._session.is_attached():
            self._session.publish(uri, plain(record), options=_UNACKNOWLEDGED)

    async def run(self) -> None:
        """Until cancelled; leaves the realm then, and waits for the router's goodbye for `_GOODBYE_S` at most."""
        while True:
            try:
                await self._stay()
            except (OSError, ApplicationError, TransportLost) as error:
                text = str(error) or f"no answer within {_ANSWER_S:g} s"
                if text != self._last_failure:
                    _log.warning("no router yet: %s; trying again", text)
                    self._last_failure = text
            await asyncio.sleep(_RETRY_S)

    async def _stay(self) -> None:
        """One session, from connecting to its end. Raises OSError or what autobahn raises when it has not begun."""
        session = Session(self._ticket)
        factory = WampRawSocketClientFactory(lambda: session, CBORSerializer())
        connecting = asyncio.get_running_loop().create_unix_connection(factory, self._path)
        transport, connection = await asyncio.wait_for(connecting, _ANSWER_S)
        closed: asyncio.Future[Any] = connection.is_closed
        try:
            # `wait` cancels nothing: these futures are autobahn's to set.
            await asyncio.wait({session.joined, closed}, timeout=_ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
            if closed.done():
                raise ConnectionRefusedError(session.goodbye)
            if not session.joined.done():
                raise TimeoutError
            _log.info("joined the router")
            for procedure in self._procedures:
                await self._register(session, procedure)
            self._session = session
            self._last_failure = ""
            self._open.set()
            await asyncio.wait({closed})
            _log.info("left the router: %s", session.goodbye)
        finally:
            self._open.clear()
            self._session = None
            await self._take_leave(session, closed)
            transport.abort()

    async def _take_leave(self, session: "Session", closed: asyncio.Future[Any]) -> None:
        """Whoever waits for an answer gets one before the router hears goodbye."""
        for call in self._serving:
            call.cancel()
        if self._serving:
            await asyncio.wait(self._serving)
        if session.is_attached():
            session.leave()
            await asyncio.wait({closed}, timeout=_GOODBYE_S)

    async def _register(self, session: "Session", procedure: Procedure) -> None:
        async def serve(*args: Any, details: Any, **kwargs: Any) -> Any:
            return await self._serve(session, procedure, args, kwargs, details)

        waits = False
        while True:
            try:
                await session.register(serve, procedure.uri, options=RegisterOptions(details_arg="details"))
            except ApplicationError as error:
                if error.error != _EXISTS:
                    raise
                if not waits:
                    _log.info("%s is served by another process; waiting to take over", procedure.uri)
                    waits = True
                await asyncio.sleep(_TAKE_OVER_S)
            else:
                return

    async def _serve(
        self, session: "Session", procedure: Procedure, args: tuple[Any, ...], kwargs: dict[str, Any], details: Any
    ) -> Any:
        call = asyncio.current_task()
        assert call is not None
        self._serving.add(call)
        try:
            return await procedure(Caller(details.caller_authid, details.caller_authrole), args, kwargs)
        except Refused as refused:
            error = ApplicationError(refused.uri, str(refused), **refused.fields)
        except asyncio.CancelledError:
            error = ApplicationError(_CANCELED, f"{procedure.uri} was given up; try again")
        except Exception:  # noqa: BLE001  (one call fails, the stage and its other calls go on)
            _log.exception("%s failed", procedure.uri)
            # Not the exception's own text: it may hold what nobody outside should read.
            error = ApplicationError(_FAILED, f"{procedure.uri} failed; the node's log says why")
        finally:
            self._serving.discard(call)
        if session.is_attached():
            raise error
        return None  # a result that nobody waits for any more is dropped by autobahn; over an error it would stumble


class Session(ApplicationSession):
    """What autobahn calls during one session. Its callbacks create no task that could outlive the loop."""

    def __init__(self, ticket: str, name: str = AUTHID) -> None:
        super().__init__()
        self._ticket = ticket
        self._name = name
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.goodbye = "the connection was closed"

    def onConnect(self) -> None:  # noqa: N802  (autobahn's name)
        self.join(uris.REALM, ["ticket"], self._name)

    def onChallenge(self, _challenge: object) -> str:  # noqa: N802  (autobahn's name)
        return self._ticket

    def onJoin(self, _details: object) -> None:  # noqa: N802  (autobahn's name)
        self.joined.set_result(None)

    def onLeave(self, details: Any) -> Any:  # noqa: N802  (autobahn's name)
        self.goodbye = details.message or details.reason
        return super().onLeave(details)


def secret_of(settings: Settings) -> str:
    """The node's ticket for its own Unix socket. Raises SettingError."""
    path = settings.home / "secrets" / "router"
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError(f"the router's secret {path} cannot be read; `trapline setup` makes it") from None
