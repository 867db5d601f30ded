"""What operators may ask, and the commands it becomes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.operate import acknowledgement, maintenance, retirement, senders
from trapline.operate.orders import Order
from trapline.protocol import uris
from trapline.protocol.commands import Action, Command, MaintenanceWindow
from trapline.protocol.errors import Refused
from trapline.protocol.traps import Sender

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIER = "trapline_scope:tier/db"


def order(operator: str | None = "anna") -> Order:
    ids = count()
    return Order(operator, NOW, lambda: f"c{next(ids)}")


def ordered(targets: str | list[str], operator: str | None = "anna", note: str = "") -> list[Command]:
    return acknowledgement.acknowledge(order(operator), targets, note, None)


def started(targets: str | list[str] = "host:a", **fields: Any) -> list[Command]:
    given_fields: dict[str, Any] = {
        "from_at": None,
        "to_at": None,
        "duration_s": None,
        "recurrence": None,
        "time_zone": "UTC",
        "note": "",
    }
    return maintenance.start(order(), targets, **(given_fields | fields))


def test_each_target_gets_a_command_of_its_own_with_who_when_and_why() -> None:
    until = NOW + HOUR
    assert acknowledgement.acknowledge(order(), ["host:a", "oracle_database:b"], " on it ", until) == [
        Command(
            command_id=f"c{number}",
            action=Action.ACKNOWLEDGE,
            target_id=target,
            operator="anna",
            issued_at=NOW,
            note="on it",
            until=until,
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


def test_one_call_is_one_window_whatever_it_is_for() -> None:
    commands = started(["host:a", TIER], to_at=NOW + HOUR, note=" new disks ")
    window = MaintenanceWindow(
        window_id="c0", from_at=NOW, to_at=NOW + HOUR, operator="anna", note="new disks", time_zone="UTC"
    )
    assert [(one.command_id, one.target_id, one.action) for one in commands] == [
        ("c0", "host:a", Action.MAINTAIN),
        ("c1", TIER, Action.MAINTAIN),
    ]
    assert {one.window for one in commands} == {window}


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        pytest.param({}, None, id="until it is ended"),
        pytest.param({"duration_s": 5400}, NOW + 1.5 * HOUR, id="for a time"),
        pytest.param({"from_at": NOW - HOUR, "to_at": NOW + HOUR}, NOW + HOUR, id="begun already"),
        pytest.param({"from_at": NOW + 24 * HOUR, "duration_s": 60}, NOW + 24 * HOUR + HOUR / 60, id="planned"),
        pytest.param(
            {"from_at": NOW - 48 * HOUR, "duration_s": 3600, "recurrence": "FREQ=DAILY"},
            NOW - 47 * HOUR,
            id="recurring since the day before yesterday",
        ),
    ],
)
def test_a_window_lasts_as_long_as_was_said(fields: dict[str, Any], ends: datetime | None) -> None:
    (command,) = started(**fields)
    assert command.window is not None
    assert command.window.to_at == ends


def test_a_window_is_ended_by_its_id_for_all_that_it_is_for() -> None:
    commands = maintenance.end(order(), "w1", ["host:a", TIER], "done")
    assert {(one.action, one.window_id, one.note) for one in commands} == {(Action.END_MAINTENANCE, "w1", "done")}
    assert [one.target_id for one in commands] == ["host:a", TIER]


def test_a_target_is_retired_with_a_reason_and_restored() -> None:
    assert [(one.action, one.note) for one in retirement.retire(order(), "host:a", " sold ")] == [
        (Action.RETIRE, "sold")
    ]
    assert [(one.action, one.note) for one in retirement.restore(order(), "host:a", "")] == [(Action.RESTORE, "")]


@pytest.mark.parametrize("is_approved", [True, False])
def test_a_sender_is_decided_on_for_the_audit_log_and_for_ingest(is_approved: bool) -> None:
    decision = senders.decide(order(), "0x80001F8880C0FFEE01", "oem", "ours", is_approved=is_approved)
    assert decision.command.target_id == "trapline_sender:80001f8880c0ffee01/oem"
    assert decision.command.action is (Action.APPROVE_SENDER if is_approved else Action.REFUSE_SENDER)
    assert decision.key == "80001f8880c0ffee01/oem"
    assert decision.sender == Sender(
        engine_id="80001f8880c0ffee01",
        security_name="oem",
        is_approved=is_approved,
        operator="anna",
        at=NOW,
        note="ours",
    )


def decided(engine_id: str = "80001f8880c0ffee01", security_name: str = "oem") -> senders.Decision:
    return senders.decide(order(), engine_id, security_name, "", is_approved=True)


LATER = NOW + HOUR


@pytest.mark.parametrize(
    ("asked", "argument", "sentence"),
    [
        pytest.param(lambda: ordered("host:a", None), "operator", "sign in as an operator", id="nobody"),
        pytest.param(lambda: ordered("host:a", "trapline"), "operator", "trapline is no person's name", id="the clock"),
        pytest.param(lambda: ordered([]), "targets", "no target is named; name at least one", id="none"),
        pytest.param(lambda: ordered(""), "targets", "'' is no target; a target is type:name", id="empty"),
        pytest.param(lambda: ordered("web-01"), "targets", "'web-01' is no target", id="a server's name"),
        pytest.param(lambda: ordered(":a"), "targets", "':a' is no target", id="no type"),
        pytest.param(lambda: ordered("host: "), "targets", "'host: ' is no target", id="no name"),
        pytest.param(lambda: ordered("host:a\nb"), "targets", "is no target", id="a line break"),
        pytest.param(lambda: ordered("host:" + "a" * 1000), "targets", "is no target", id="too long"),
        pytest.param(
            lambda: ordered([f"host:{n}" for n in range(501)]), "targets", "501 targets are named; name 500", id="many"
        ),
        pytest.param(lambda: ordered("host:a", note="n" * 1001), "note", "has 1001 characters; write 1000", id="note"),
        pytest.param(lambda: ordered(TIER), "targets", "is no target of this order", id="a tier acknowledged"),
        pytest.param(
            lambda: retirement.retire(order(), TIER, "x"), "targets", "is no target of this order", id="a tier retired"
        ),
        pytest.param(
            lambda: started("trapline_sender:80/x"), "targets", "is no target of this order", id="a sender maintained"
        ),
        pytest.param(
            lambda: started("trapline_scope:world"), "targets", "is no target of this order", id="an unknown scope"
        ),
        pytest.param(
            lambda: acknowledgement.acknowledge(order(), "host:a", "", NOW), "until", "which is past", id="until now"
        ),
        pytest.param(
            lambda: acknowledgement.acknowledge(order(), "host:a", "", NOW + 9_000 * HOUR),
            "until",
            "a year at most",
            id="until for ever",
        ),
        pytest.param(
            lambda: acknowledgement.acknowledge(order(), "host:a", "", LATER.replace(tzinfo=None)),
            "until",
            "without a zone; write as",
            id="until in what zone",
        ),
        pytest.param(
            lambda: started(to_at=LATER, duration_s=60), "duration_s", "keep one", id="an end and a duration"
        ),
        pytest.param(lambda: started(duration_s=-60), "duration_s", "from a minute to a year", id="a negative length"),
        pytest.param(lambda: started(duration_s=float("nan")), "duration_s", "from a minute", id="no number"),
        pytest.param(lambda: started(to_at=NOW + HOUR / 100), "to_at", "lasts from a minute", id="36 seconds"),
        pytest.param(lambda: started(from_at=LATER, to_at=NOW), "to_at", "lasts from a minute", id="ends first"),
        pytest.param(
            lambda: started(from_at=NOW - 2 * HOUR, to_at=NOW - HOUR), "to_at", "which is past", id="over already"
        ),
        pytest.param(
            lambda: started(from_at=NOW + 9_000 * HOUR), "from_at", "plan within a year", id="in a year and more"
        ),
        pytest.param(
            lambda: started(recurrence="FREQ=HOURLY", duration_s=60), "recurrence", "'FREQ=HOURLY'", id="too often"
        ),
        pytest.param(
            lambda: started(recurrence="FREQ=DAILY"), "recurrence", "needs an end or a duration", id="how long each time"
        ),
        pytest.param(lambda: started(time_zone="Mars"), "time_zone", "'Mars' is no time zone", id="no zone"),
        pytest.param(lambda: maintenance.end(order(), " ", "host:a", ""), "window_id", "is no window's id", id="no id"),
        pytest.param(
            lambda: retirement.retire(order(), "host:a", " "), "reason", "why is it retired?", id="without a reason"
        ),
        pytest.param(lambda: decided("800"), "engine_id", "'800' is no engine ID", id="an odd engine ID"),
        pytest.param(lambda: decided("80" * 33), "engine_id", "is no engine ID", id="a long engine ID"),
        pytest.param(lambda: decided(security_name=""), "security_name", "is no SNMPv3 user", id="no user"),
        pytest.param(lambda: decided(security_name="ü" * 17), "security_name", "1 to 32 octets", id="a long user"),
    ],
)  # fmt: skip
def test_what_is_no_order_is_refused_in_one_sentence(asked: Callable[[], object], argument: str, sentence: str) -> None:
    with pytest.raises(Refused) as caught:
        asked()
    assert caught.value.uri == uris.ERROR_INVALID_ARGUMENT
    assert caught.value.fields == {"argument": argument}
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@given(targets=st.lists(st.text(max_size=20), max_size=5), note=st.text(max_size=50))
def test_whatever_is_asked_becomes_commands_or_a_sentence(targets: list[str], note: str) -> None:
    try:
        commanded = [command.target_id for command in ordered(targets, note=note)]
    except Refused as refused:
        commanded, sentence = None, str(refused)
    assert sentence if commanded is None else commanded == list(dict.fromkeys(targets))


TIMES = st.none() | st.datetimes(
    datetime(1970, 1, 1), datetime(9000, 1, 1), timezones=st.sampled_from([UTC, ZoneInfo("Europe/Zurich"), None])
)


@given(
    from_at=TIMES,
    to_at=TIMES,
    duration_s=st.none() | st.floats(),
    recurrence=st.none() | st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO", "FREQ=YEARLY;COUNT=1", "", "x"]),
    time_zone=st.sampled_from(["UTC", "Europe/Zurich", "Mars"]),
)
def test_whatever_window_is_asked_for_becomes_one_or_a_sentence(**fields: Any) -> None:
    try:
        commands = started(**fields)
    except Refused as refused:
        assert refused.uri == uris.ERROR_INVALID_ARGUMENT  # noqa: PT017  (either way is right)
    else:
        assert commands[0].window is not None
