"""Informs that come again: one record, one answer that waits, and an answer to every repeat after it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.intake_room import NOW_US, USER, Room, accepted
from trapline.ingest.counts import REPEATED_INFORM
from trapline.ingest.informs import WINDOW_S, Inform, Informs
from trapline.ingest.intake import Refusal
from trapline.protocol.traps import PduType, Varbind, Version
from trapline.snmp import Notification, encode
from trapline.snmp.notification import Reply
from trapline.snmp.usm import Keys

OURS = b"our-engine"
TRAP_OID = "1.3.6.1.4.1.99999.0.1"
SENDER = ("192.0.2.7", 4711)


def v2c(request_id: int = 7, value: str = "up", pdu_type: PduType = PduType.INFORM) -> bytes:
    return encode.v2c_notification(
        b"c0mmunity",
        trap_oid=TRAP_OID,
        uptime_ticks=1,
        request_id=request_id,
        varbinds=[Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value=value)],
        pdu_type=pdu_type,
    )


def v3(message_id: int = 1, *, time: int = 0, pdu_type: PduType = PduType.INFORM) -> bytes:
    """An inform to us as net-snmp makes it: a repeat has a msgID and a salt of its own, and the same request-id."""
    octets = v2c(pdu_type=pdu_type)
    pdu = octets[octets.index(b"c0mmunity") + len(b"c0mmunity") :]
    scoped = encode.scoped_pdu(OURS, b"", pdu)
    salt = message_id.to_bytes(8, "big")
    return encode.v3_message(
        Keys(USER, OURS),
        3,
        encode.Engine(OURS, 1, time),
        message_id=message_id,
        scoped=scoped,
        salt=salt,
        reportable=True,
    )


def notification(**changes: Any) -> Notification:
    reply = Reply(b"c0mmunity", b"varbinds")
    known = Notification(Version.V2C, PduType.INFORM, "ours", "noAuthNoPriv", None, None, 7, TRAP_OID, b"", reply)
    return replace(known, **changes)


@pytest.mark.parametrize(
    ("first", "second"),
    [(v2c(), v2c()), (v3(), v3()), (v3(1), v3(2)), (v3(1, time=5), v3(2, time=9))],
    ids=["v2c", "v3 octet for octet", "v3 as net-snmp: a new msgID", "v3, seconds later"],
)
def test_a_repeat_is_no_record_and_is_answered_at_once_when_the_first_is_safe(first: bytes, second: bytes) -> None:
    room = Room()
    inform = accepted(room.take(first)).inform
    assert inform is not None
    answer = room.intake.settle(inform, NOW_US / 1e6, is_safe=True)
    again = room.take(second, received_us=NOW_US + 5_000_000)
    assert isinstance(again, Refusal)
    assert again.reason == REPEATED_INFORM
    assert again.reply is not None
    assert answer is not None
    assert room.numbers == (2, 1)


def test_a_repeat_of_a_record_that_is_not_safe_waits_with_it_for_one_answer() -> None:
    room = Room()
    inform = accepted(room.take(v3(1))).inform
    assert inform is not None
    assert room.take(v3(2)) == Refusal(REPEATED_INFORM, None)
    assert room.take(v3(3)) == Refusal(REPEATED_INFORM, None)
    answer = room.intake.settle(inform, NOW_US / 1e6, is_safe=True)
    assert answer is not None
    assert b"\x02\x01\x03\x02" in answer[:20], "the answer names the msgID that the sender waits for: its last"


def test_the_repeat_of_a_lost_record_is_as_good_as_new() -> None:
    room = Room()
    inform = accepted(room.take(v2c())).inform
    assert inform is not None
    assert room.intake.settle(inform, NOW_US / 1e6, is_safe=False) is None
    again = accepted(room.take(v2c())).inform
    assert again is not None
    assert room.intake.settle(again, NOW_US / 1e6, is_safe=True) is not None


def test_an_exact_repeat_beyond_the_window_stays_a_replay() -> None:
    room = Room()
    inform = accepted(room.take(v3(time=100))).inform
    assert inform is not None
    room.intake.settle(inform, NOW_US / 1e6, is_safe=True)
    late_us = NOW_US + int((WINDOW_S + 1) * 1e6)
    assert room.take(v3(time=100), received_us=late_us) == Refusal("replayed", None)


def test_an_exact_repeat_from_elsewhere_is_not_answered() -> None:
    room = Room()
    inform = accepted(room.take(v3())).inform
    assert inform is not None
    room.intake.settle(inform, NOW_US / 1e6, is_safe=True)
    assert room.intake.take(v3(), "198.51.100.9", 4711, NOW_US) == Refusal("replayed", None)
    assert room.intake.take(v3(), "192.0.2.7", 4712, NOW_US) == Refusal("replayed", None)


def test_a_trap_to_our_own_engine_is_never_answered_when_it_comes_again() -> None:
    room = Room()
    trap = v3(pdu_type=PduType.TRAP_V2)
    assert accepted(room.take(trap)).inform is None
    assert room.take(trap) == Refusal("replayed", None)


@given(st.data())
def test_a_repeat_with_any_octet_changed_obtains_no_answer_of_the_first(data: st.DataObject) -> None:
    room = Room()
    octets = v3()
    inform = accepted(room.take(octets)).inform
    assert inform is not None
    room.intake.settle(inform, NOW_US / 1e6, is_safe=True)
    place = data.draw(st.integers(0, len(octets) - 1))
    changed = octets[:place] + bytes([octets[place] ^ data.draw(st.integers(1, 255))]) + octets[place + 1 :]
    outcome = room.take(changed)
    assert isinstance(outcome, Refusal)
    assert outcome.reason not in {REPEATED_INFORM, "replayed"}
    assert outcome.reply is None or b"\xa8" in outcome.reply  # a Report, which tells that it was not taken


@pytest.mark.parametrize(
    "other",
    [
        ("198.51.100.9", 4711, notification()),
        ("192.0.2.7", 4712, notification()),
        (*SENDER, notification(request_id=8)),
        (*SENDER, notification(security_name="theirs")),
        (*SENDER, notification(version=Version.V3)),
        (*SENDER, notification(security_level="authPriv")),
        (*SENDER, notification(reply=Reply(b"c0mmunity", b"others"))),
        (*SENDER, notification(reply=Reply(b"c0mmunity", b"varbinds", context_engine_id=b"x"))),
        (*SENDER, notification(reply=Reply(b"c0mmunity", b"varbinds", context_name=b"x"))),
    ],
    ids=["address", "port", "request-id", "name", "version", "level", "varbinds", "context engine", "context"],
)
def test_an_inform_that_differs_in_anything_is_another(other: tuple[str, int, Notification]) -> None:
    informs = Informs()
    informs.add(notification(), *SENDER, 0.0)
    assert informs.find(notification(), *SENDER, 0.0) is not None
    source_addr, source_port, changed = other
    assert informs.find(changed, source_addr, source_port, 0.0) is None


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(-10, 100), st.sampled_from(["", "safe", "lost"])), max_size=60),
    st.integers(1, 6),
)
def test_it_remembers_what_a_plain_list_would(steps: list[tuple[int, float, str]], kept: int) -> None:
    informs = Informs(kept)
    model: list[tuple[int, float]] = []
    settled: dict[int, Inform] = {}
    now = 0.0
    for request_id, later, end in steps:
        now += later
        while model and now - model[0][1] > WINDOW_S:
            model.pop(0)
        asked = notification(request_id=request_id)
        found = informs.find(asked, *SENDER, now)
        assert (found is not None) == (request_id in [each for each, _ in model])
        if found is None:
            model = [*model, (request_id, now)][-kept:]
            settled[request_id] = found = informs.add(asked, *SENDER, now)
        assert found is settled[request_id]
        if end:
            waited = found.waiting
            answered = informs.settle(found, is_safe=end == "safe")
            assert answered is (waited if end == "safe" else None)
            if end == "lost":
                model = [each for each in model if each[0] != request_id]
        assert len(informs) == len(model) <= kept
