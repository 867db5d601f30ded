"""A session with the node's router that is always there again.

Over the Unix socket as role `backend`, with the secret of the node. After each join everything that is offered is
registered again; whoever registers first serves (law 4: that elects), any other waits until the name is free.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any, Final, cast

from trapline.protocol import uris
from trapline.protocol.errors import Refused, SettingError
from trapline.settings import Settings
from trapline.wamp.call import Caller, Handler, Procedure, plain
from trapline.wamp.lean import ApplicationError, Component, PublishOptions, RegisterOptions, TransportLost

_log = logging.getLogger("trapline.wamp")
# It says each attempt to connect at warning; we say each failure once.
logging.getLogger("autobahn").setLevel(logging.CRITICAL)

AUTHID: Final = "backend"
_RETRY_S: Final = 1.0
_CLOGGED_BYTES: Final = 4 << 20
_EXISTS: Final = "wamp.error.procedure_already_exists"
# Nobody waits for the router's answer to an event: the next frame or heartbeat says the same and more.
_UNACKNOWLEDGED: Final = PublishOptions(acknowledge=False)


class Door:
    """`offer` before `run`. Everything happens in the event loop of `run`."""

    def __init__(self, settings: Settings) -> None:
        self._component = _component(settings)
        self._procedures: list[Procedure] = []
        self._session: Any = None
        self._registering: asyncio.Task[None] | None = None
        self._last_failure = ""
        self._open = asyncio.Event()
        self._component.on("join", self._joined)
        self._component.on("leave", self._left)
        self._component.on("connectfailure", self._failed)

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
        """Until cancelled; the loop should end then too."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                # The component is done when the router says goodbye in good order; we are not.
                await cast("Awaitable[None]", self._component.start(loop=loop))
                await asyncio.sleep(_RETRY_S)
        finally:
            # The end of the loop closes the socket, and the router frees our names at once. An orderly goodbye
            # would make the component join again.
            self._closed()

    async def _joined(self, session: Any, _details: Any) -> None:
        self._session = session
        self._last_failure = ""
        _log.info("joined the router")
        self._registering = asyncio.create_task(self._register_all(session))

    async def _register_all(self, session: Any) -> None:
        try:
            for procedure in self._procedures:
                await self._register(session, procedure)
        except (ApplicationError, TransportLost) as error:
            _log.error("cannot register: %s; joining again", error)
            session.disconnect()
        else:
            self._open.set()

    async def _register(self, session: Any, procedure: Procedure) -> None:
        async def serve(*args: Any, details: Any, **kwargs: Any) -> Any:
            caller = Caller(details.caller_authid, details.caller_authrole)
            try:
                return await procedure(caller, args, kwargs)
            except Refused as refused:
                raise ApplicationError(refused.uri, str(refused), **refused.fields) from None
            except Exception:  # noqa: BLE001  (one call fails, the stage and its other calls go on)
                _log.exception("%s failed", procedure.uri)
                # Not the exception's own text: it may hold what nobody outside should read.
                raise ApplicationError(
                    "wamp.error.runtime_error", f"{procedure.uri} failed; the node's log says why"
                ) from None

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
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def _left(self, _session: Any, details: Any) -> None:
        _log.info("left the router: %s", details.reason)
        self._closed()

    async def _failed(self, _component: Any, error: BaseException) -> None:
        self._closed()
        text = str(error) or type(error).__name__
        if text != self._last_failure:
            _log.warning("no router yet: %s; trying again", text)
            self._last_failure = text

    def _closed(self) -> None:
        self._open.clear()
        self._session = None
        if self._registering is not None:
            self._registering.cancel()
            self._registering = None


def _component(settings: Settings) -> Component:
    return Component(
        realm=uris.REALM,
        transports=[
            {
                "type": "rawsocket",
                "url": "rs://localhost",
                "endpoint": {"type": "unix", "path": str(settings.router_socket)},
                "serializer": "cbor",
                "max_retries": -1,
                "initial_retry_delay": 0.1,
                "max_retry_delay": _RETRY_S,
                "retry_delay_growth": 1.5,
                "retry_delay_jitter": 0.1,
            }
        ],
        authentication={"ticket": {"authid": AUTHID, "ticket": _secret(settings)}},
    )


def _secret(settings: Settings) -> str:
    path = settings.home / "secrets" / "router"
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError(f"the router's secret {path} cannot be read; `trapline setup` makes it") from None
