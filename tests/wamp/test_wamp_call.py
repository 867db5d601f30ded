"""From a call's arguments to a handler and back."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from trapline.protocol import uris
from trapline.protocol.errors import Refused
from trapline.protocol.grid import Cell
from trapline.protocol.severity import Severity
from trapline.wamp.call import Caller, Procedure

ANNA = Caller("anna", "operator")


async def page(number: int = 0, epoch: str | None = None) -> list[Any]:
    return [number, epoch]


async def order(caller: Caller, targets: str | list[str], note: str = "") -> list[Any]:
    return [caller.authid, targets, note]


async def cell() -> Cell:
    at = datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC)
    return Cell(server="a", tier="t", server_type="x", severity=Severity.MAJOR, since=at)


@pytest.mark.parametrize(
    ("handler", "args", "kwargs", "answer"),
    [
        pytest.param(page, (), {}, [0, None], id="defaults"),
        pytest.param(page, (2, "e"), {}, [2, "e"], id="by position"),
        pytest.param(page, (2,), {"epoch": "e"}, [2, "e"], id="by name"),
        pytest.param(order, (["a", "b"],), {"note": "mine"}, ["anna", ["a", "b"], "mine"], id="the caller is known"),
        pytest.param(order, ("a",), {}, ["anna", "a", ""], id="one or several"),
        pytest.param(
            cell,
            (),
            {},
            {
                "server": "a",
                "tier": "t",
                "server_type": "x",
                "severity": "major",
                "since": "2026-03-02T12:00:00.000005Z",
            },
            id="a record is plain JSON",
        ),
    ],
)
def test_a_call_is_a_typed_call(handler: Any, args: tuple[Any, ...], kwargs: dict[str, Any], answer: Any) -> None:
    assert asyncio.run(Procedure("trapline.api.x", handler)(ANNA, args, kwargs)) == answer


@pytest.mark.parametrize(
    ("handler", "args", "kwargs", "sentence"),
    [
        pytest.param(order, (), {}, "missing a required argument: 'targets'", id="missing"),
        pytest.param(page, (1, "e", 3), {}, "too many positional arguments", id="surplus"),
        pytest.param(page, (), {"colour": 1}, "unexpected keyword argument 'colour'", id="unknown name"),
        pytest.param(page, ("1",), {}, "the argument number is wrong: Expected `int`, got `str`", id="type"),
        pytest.param(page, (True,), {}, "the argument number is wrong: Expected `int`, got `bool`", id="a bool"),
        pytest.param(order, ([1],), {}, "the argument targets is wrong: Expected `str`, got `int`", id="inside a list"),
        pytest.param(order, ("a",), {"caller": "eve"}, "multiple values for argument 'caller'", id="a forged caller"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_sentence_before_the_handler_runs(
    handler: Any, args: tuple[Any, ...], kwargs: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused) as caught:
        asyncio.run(Procedure("trapline.api.x", handler)(ANNA, args, kwargs))
    assert caught.value.uri == uris.ERROR_INVALID_ARGUMENT
    assert str(caught.value).startswith("trapline.api.x: ")
    assert sentence in str(caught.value)
