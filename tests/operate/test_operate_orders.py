"""What operators may ask, and the commands it becomes."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.operate import orders
from trapline.protocol import uris
from trapline.protocol.commands import Action, Command
from trapline.protocol.errors import Refused

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def ordered(targets: str | list[str], operator: str | None = "anna", note: str = "") -> list[Command]:
    ids = count()
    return orders.commands(
        Action.ACKNOWLEDGE, targets, operator=operator, note=note, now=NOW, new_id=lambda: f"c{next(ids)}"
    )


def test_each_target_gets_a_command_of_its_own_with_who_when_and_why() -> None:
    assert ordered(["host:a", "oracle_database:b"], note=" on it ") == [
        Command(
            command_id=f"c{number}",
            action=Action.ACKNOWLEDGE,
            target_id=target,
            operator="anna",
            issued_at=NOW,
            note="on it",
        )
        for number, target in enumerate(["host:a", "oracle_database:b"])
    ]


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        pytest.param("host:a", ["host:a"], id="one"),
        pytest.param(["host:a", "host:b", "host:a"], ["host:a", "host:b"], id="named twice"),
        pytest.param("weblogic:/Farm/x:y z", ["weblogic:/Farm/x:y z"], id="colons and spaces in the name"),
        pytest.param("host:Zürich", ["host:Zürich"], id="not ASCII"),
    ],
)
def test_a_target_is_commanded_once(targets: str | list[str], expected: list[str]) -> None:
    assert [command.target_id for command in ordered(targets)] == expected


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param({"targets": "host:a", "operator": None}, "sign in as an operator", id="nobody"),
        pytest.param({"targets": []}, "no target is named; name at least one", id="none"),
        pytest.param({"targets": ""}, "'' is no target; a target is type:name", id="empty"),
        pytest.param({"targets": "web-01"}, "'web-01' is no target", id="a server's name"),
        pytest.param({"targets": ":a"}, "':a' is no target", id="no type"),
        pytest.param({"targets": "host: "}, "'host: ' is no target", id="no name"),
        pytest.param({"targets": "host:a\nb"}, "is no target", id="a line break"),
        pytest.param({"targets": "host:" + "a" * 1000}, "is no target", id="too long"),
        pytest.param({"targets": [f"host:{n}" for n in range(501)]}, "501 targets are named; name 500", id="too many"),
        pytest.param({"targets": "host:a", "note": "n" * 1001}, "the note has 1001 characters; write 1000", id="note"),
    ],
)
def test_what_is_no_order_is_refused_in_one_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        ordered(**arguments)
    assert caught.value.uri == uris.ERROR_INVALID_ARGUMENT
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@given(targets=st.lists(st.text(max_size=20), max_size=5), note=st.text(max_size=50))
def test_whatever_is_asked_becomes_commands_or_a_sentence(targets: list[str], note: str) -> None:
    try:
        commanded = [command.target_id for command in ordered(targets, note=note)]
    except Refused as refused:
        commanded, sentence = None, str(refused)
    assert sentence if commanded is None else commanded == list(dict.fromkeys(targets))
