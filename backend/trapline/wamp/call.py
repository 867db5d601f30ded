"""From a WAMP call's arguments to a typed call of a handler, and from what it returns to plain JSON values.

The handler's own signature is the contract: a missing, surplus or wrongly typed argument is answered with one
sentence, before the handler runs.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

import msgspec

from trapline.protocol import uris
from trapline.protocol.errors import Refused

Handler = Callable[..., Awaitable[object]]


class Caller(NamedTuple):
    """Who calls, as the router says (it discloses callers of `trapline.op.*` only)."""

    authid: str | None
    role: str | None


class Procedure:
    """A handler under a URI. A first parameter annotated `Caller` is filled in by the router, not by the caller."""

    def __init__(self, uri: str, handler: Handler) -> None:
        self.uri = uri
        self._handler = handler
        self._signature = inspect.signature(handler)
        self._hints = get_type_hints(handler)
        first = next(iter(self._signature.parameters), "")
        self._wants_caller = self._hints.get(first) is Caller

    async def __call__(self, caller: Caller, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The answer as JSON-compatible values. Raises Refused."""
        given = (caller, *args) if self._wants_caller else tuple(args)
        try:
            bound = self._signature.bind(*given, **kwargs)
        except TypeError as error:
            raise Refused(uris.ERROR_INVALID_ARGUMENT, f"{self.uri}: {error}") from None
        for name, value in bound.arguments.items():
            if value is not caller:
                bound.arguments[name] = self._typed(name, value)
        return plain(await self._handler(*bound.args, **bound.kwargs))

    def _typed(self, name: str, value: Any) -> Any:
        try:
            return msgspec.convert(value, self._hints[name])
        except msgspec.ValidationError as error:
            raise Refused(
                uris.ERROR_INVALID_ARGUMENT, f"{self.uri}: the argument {name} is wrong: {error}", argument=name
            ) from None


def plain(value: object) -> Any:
    """Records as JSON-compatible values: the browsers' serializer is JSON, times are RFC 3339 text."""
    return msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
