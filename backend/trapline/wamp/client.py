"""Calls from the node's own command line, as an operator: one session over the Unix socket, until the work is done.

The secret of the node is the ticket. Who can read it, on this host and as the node's own user, may do anything to the
node already; a password would protect nothing, and would have to be typed, kept or passed on.
"""

import asyncio
from typing import Any, Final, Self

from trapline.protocol.commands import LOCAL
from trapline.protocol.errors import Refused, TraplineError
from trapline.settings import Settings
from trapline.wamp.lean import ApplicationError, CBORSerializer, TransportLost, WampRawSocketClientFactory
from trapline.wamp.session import Session, secret_of

_ANSWER_S: Final = 30.0
_NOBODY_SERVES: Final = {"wamp.error.no_such_procedure", "wamp.error.canceled"}


class Client:
    """`with Client(settings, "anna") as client: client.call(uri, …)`. The audit log says `local:anna`.

    Raises TraplineError when the node does not answer, SettingError without its secret.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._ticket = secret_of(settings)
        self._name = f"{LOCAL}{name}"

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        try:
            self._runner.run(self._join())
        except (OSError, ApplicationError, TransportLost) as error:
            self._runner.close()
            raise TraplineError(
                f"no node answers at {self._settings.router_socket} ({str(error) or 'no answer'}); start it with "
                "`trapline start`, or set TRAPLINE_HOME to the home of the one that runs"
            ) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.run(self._leave())
        self._runner.close()

    def call(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        """The answer as plain values. Raises Refused with the sentence of who refuses."""
        try:
            return self._runner.run(asyncio.wait_for(self._call(uri, args, kwargs), _ANSWER_S))
        except ApplicationError as error:
            if error.error in _NOBODY_SERVES:
                raise Refused(error.error, f"nobody serves {uri} just now; try again in a moment") from None
            sentence = str(error.args[0]) if error.args else error.error
            raise Refused(error.error, sentence, **error.kwargs) from None
        except (TimeoutError, TransportLost):
            raise TraplineError(
                f"no answer to {uri} within {_ANSWER_S:g} s; it may still have been done: look at the wall"
            ) from None

    async def _call(self, uri: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return await self._session.call(uri, *args, **kwargs)

    async def _join(self) -> None:
        self._session = Session(self._ticket, self._name)
        factory = WampRawSocketClientFactory(lambda: self._session, CBORSerializer())
        loop = asyncio.get_running_loop()
        connecting = loop.create_unix_connection(factory, str(self._settings.router_socket))
        _, connection = await asyncio.wait_for(connecting, _ANSWER_S)
        self._closed: asyncio.Future[Any] = connection.is_closed
        waited = {self._session.joined, self._closed}
        await asyncio.wait(waited, timeout=_ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        if self._closed.done():
            raise ConnectionRefusedError(self._session.goodbye)
        if not self._session.joined.done():
            raise TimeoutError

    async def _leave(self) -> None:
        if self._session.is_attached():
            self._session.leave()
            await asyncio.wait({self._closed}, timeout=1)
