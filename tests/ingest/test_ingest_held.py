"""The account of unknown senders, and what becomes of what is held."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.intake_room import NOW, NOW_US, USER, Room, accepted
from trapline.ingest.held import ENTRY_OCTETS, RELEASED, HeldSenders
from trapline.ingest.held_records import ending, fold, held_of, senders_of
from trapline.ingest.intake import Refusal
from trapline.ingest.release import judge
from trapline.kafka.records import Input
from trapline.protocol import canary, codec
from trapline.protocol.traps import Held, PduType, Sender, Trap, Varbind
from trapline.snmp import Credentials, User, encode
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol
from trapline.snmp.usm import Keys

TRAP_OID = "1.3.6.1.4.1.99999.0.1"
ENGINE = bytes.fromhex("80001f888099999999")
STRANGER = User("stranger", AuthProtocol.SHA, b"strangers-password")
KEY = f"{ENGINE.hex()}/stranger"


def trap(
    number: int = 1,
    user: User = STRANGER,
    *,
    time: int = 100,
    boots: int = 3,
    trap_oid: str = TRAP_OID,
    engine_id: bytes = ENGINE,
    varbinds: tuple[Varbind, ...] = (),
) -> bytes:
    return encode.v3_notification(
        Keys(user, engine_id),
        encode.Engine(engine_id, boots, time),
        trap_oid=trap_oid,
        uptime_ticks=1,
        message_id=number,
        varbinds=varbinds,
    )


def hold(room: Room, datagram: bytes, after_s: float = 0) -> Held:
    entry = accepted(room.take(datagram, received_us=NOW_US + int(after_s * 1e6))).entry
    assert entry.is_held
    return codec.decode(entry.value, Held)


def admit(room: Room, *users: User) -> None:
    known = room.security.credentials
    room.security.adopt(Credentials(known.communities, (*known.users, *users)))


def outcomes(room: Room, *records: Held) -> list[tuple[str, str]]:
    return [(each.outcome, each.reason) for each in judge(records, room.security, room.canary)]


def decision(*, is_approved: bool) -> Sender:
    return Sender(engine_id=ENGINE.hex(), security_name="stranger", is_approved=is_approved, operator="anna", at=NOW)


def test_a_trap_of_an_unknown_user_is_held_as_it_came() -> None:
    room = Room()
    entry = accepted(room.take(trap())).entry
    held = codec.decode(entry.value, Held)
    assert (entry.key, entry.is_trap) == (KEY, False)
    assert (held.datagram, held.reason, held.received_at) == (trap(), "unknown_user", NOW)
    assert (held.source_addr, held.source_port) == ("192.0.2.7", 4711)
    assert room.numbers == (1, 0)


@pytest.mark.parametrize(
    "datagram",
    [
        pytest.param(encode.v2c_notification(b"strange", trap_oid=TRAP_OID, uptime_ticks=1, request_id=1), id="v2c"),
        pytest.param(trap(user=User("stranger")), id="v3 that is not signed"),
        pytest.param(trap(user=User("oem", AuthProtocol.SHA, b"not-the-password")), id="a known user at another level"),
        pytest.param(
            trap(user=User("oem", AuthProtocol.SHA, b"not-it-it-is", USER.privacy_protocol, b"whatever")),
            id="a wrong digest of a known user",
        ),
        pytest.param(trap(user=User("bell\a", AuthProtocol.SHA, b"strangers-password")), id="a name nobody can write"),
    ],
)
def test_what_nobody_could_authenticate_later_is_not_held(datagram: bytes) -> None:
    assert isinstance(Room().take(datagram), Refusal)


REPEATED_COMMUNITY = Varbind(oid="1.3.6.1.6.3.18.1.4.0", syntax="OCTET STRING", value="s3cr3t-community")


def test_a_trap_in_which_a_community_is_readable_is_not_held_under_the_reason_that_it_has_anyway() -> None:
    assert Room().take(trap(varbinds=(REPEATED_COMMUNITY,))) == Refusal("unknown_user", None)


def test_a_trap_in_which_a_community_is_encrypted_is_held_and_comes_in_without_it() -> None:
    room = Room()
    private = User("stranger", AuthProtocol.SHA, b"strangers-password", PrivacyProtocol.AES, b"strangers-privacy")
    held = hold(room, trap(user=private, varbinds=(REPEATED_COMMUNITY,)))
    assert b"s3cr3t-community" not in held.datagram
    admit(room, private)
    (verdict,) = judge([held], room.security, room.canary)
    assert verdict.outcome == RELEASED
    assert codec.decode(verdict.trap, Trap).varbinds == ()


def test_no_more_is_held_of_a_sender_than_may_be_and_of_another_one_still() -> None:
    room = Room()
    for number in range(3):
        hold(room, trap(number))
    assert room.take(trap(4)) == Refusal("held_over_limit", None)
    hold(room, trap(user=User("another", AuthProtocol.SHA, b"anothers-password")))


def test_no_more_is_held_of_all_than_may_be() -> None:
    held = HeldSenders(per_sender=1_000, most_octets=10 * (ENTRY_OCTETS + 200))
    for number in range(10):
        assert held.has_room(f"{number}", 200)
        held.take(
            Held(
                held_id=f"{number}",
                received_at=NOW,
                source_addr="192.0.2.7",
                source_port=1,
                engine_id=f"{number:010x}",
                security_name="x",
                reason="unknown_user",
                datagram=bytes(200),
            )
        )
    assert not held.has_room("11", 0)


def test_what_ends_makes_room_and_what_is_read_again_counts_once() -> None:
    room = Room()
    records = [hold(room, trap(number)) for number in range(3)]
    for record in [*records, ending(records[0], RELEASED), *records, ending(records[0], RELEASED)]:
        room.held.take(record)
    listed = room.held.listing({}, {}).senders[0]
    assert (listed.held, listed.released, listed.refused) == (2, 1, 0)
    hold(room, trap(4))
    assert room.take(trap(5)) == Refusal("held_over_limit", None)


def test_what_the_topic_keeps_no_longer_makes_room() -> None:
    room = Room()
    for number in range(3):
        hold(room, trap(number))
    room.held.expire(NOW + timedelta(days=6, hours=23))
    assert room.take(trap(4)) == Refusal("held_over_limit", None)
    room.held.expire(NOW + timedelta(days=7, seconds=1))
    assert room.held.listing({}, {}).senders == ()
    hold(room, trap(4))


def test_what_a_refused_sender_sent_takes_no_room_of_the_others_until_it_is_approved_after_all() -> None:
    held = HeldSenders(per_sender=10, most_octets=ENTRY_OCTETS + 500)
    room = Room()
    record = hold(room, trap())
    held.take(record)
    assert not held.has_room("another", 500)
    held.decide(KEY, decision(is_approved=False))
    assert held.has_room("another", 500)
    held.decide(KEY, decision(is_approved=True))
    assert not held.has_room("another", 500)
    held.decide(KEY, None)
    assert not held.has_room("another", 500)


@pytest.mark.parametrize(
    ("is_approved", "users", "failure", "what"),
    [
        pytest.param(None, {}, "", "add the user with its passwords", id="user unknown"),
        pytest.param(None, {b"stranger": 1}, "", "approve it when it is yours", id="engine unknown"),
        pytest.param(True, {}, "", "add the user with its passwords", id="approved, user unknown"),
        pytest.param(True, {b"stranger": 1}, "wrong_digest", "make the user in snmp.yaml as", id="approved, wrong"),
        pytest.param(True, {b"stranger": 1}, "", "nothing: what it sends comes in", id="approved"),
        pytest.param(False, {b"stranger": 1}, "", "nothing: what it sends is counted", id="refused"),
    ],
)
def test_the_list_says_what_to_do(
    is_approved: bool | None, users: dict[bytes, object], failure: str, what: str
) -> None:
    room = Room()
    hold(room, trap())
    if is_approved is not None:
        room.held.decide(KEY, decision(is_approved=is_approved))
    (listed,) = room.held.listing(users, {KEY: failure} if failure else {}).senders
    assert what in listed.what_to_do
    assert (listed.engine_id, listed.security_name, listed.held) == (ENGINE.hex(), "stranger", 1)
    assert (listed.first_at, listed.last_at, listed.source_addrs) == (NOW, NOW, ("192.0.2.7",))
    assert listed.is_approved is is_approved


def test_what_is_released_is_the_trap_of_then_under_its_own_id() -> None:
    room = Room()
    held = hold(room, trap())
    admit(room, STRANGER)
    (verdict,) = judge([held], room.security, room.canary)
    released = codec.decode(verdict.trap, Trap)
    assert (verdict.outcome, verdict.key) == (RELEASED, f"192.0.2.7/{ENGINE.hex()}")
    assert (released.trap_id, released.received_at) == (held.held_id, NOW)
    assert (released.trap_oid, released.security_name) == (TRAP_OID, "stranger")


def test_other_credentials_may_still_open_what_these_do_not() -> None:
    room = Room()
    held = hold(room, trap())
    assert outcomes(room, held) == [("", "unknown_user")]
    admit(room, User("stranger", AuthProtocol.SHA, b"mistyped-password"))
    assert outcomes(room, held) == [("", "wrong_digest")]
    room = Room()
    admit(room, STRANGER)
    assert outcomes(room, held) == [(RELEASED, "")]


def test_a_user_of_other_engines_needs_the_approval() -> None:
    room = Room()
    bound = User("stranger", AuthProtocol.SHA, b"strangers-password", engine_ids=frozenset({b"another-engine"}))
    admit(room, bound)
    held = hold(room, trap())
    assert held.reason == "unknown_engine_id"
    assert outcomes(room, held) == [("", "unknown_engine_id")]
    room.security.decided = {(ENGINE, b"stranger"): True}
    assert outcomes(room, held) == [(RELEASED, "")]
    room.security.decided = {(ENGINE, b"stranger"): False}
    assert outcomes(room, held) == [("", "refused_sender")]


def test_the_window_is_that_of_the_arrival_also_when_newer_traps_came_in_meanwhile() -> None:
    room = Room()
    on_time, late = hold(room, trap(1, time=1000)), hold(room, trap(2, time=700), after_s=1)
    admit(room, STRANGER)
    accepted(room.take(trap(3, time=4600), received_us=NOW_US + 3_600_000_000))
    assert outcomes(room, on_time, late) == [(RELEASED, ""), ("not_in_time_window", "not_in_time_window")]


def test_the_same_datagram_is_released_once_whenever_it_comes_again() -> None:
    room = Room()
    first, again = hold(room, trap()), hold(room, trap(), after_s=5)
    admit(room, STRANGER)
    assert outcomes(room, first, again) == [(RELEASED, ""), ("replayed", "replayed")]
    ended = msgspec.structs.replace(first, outcome=RELEASED)
    assert outcomes(room, ended, again) == [("replayed", "replayed")], "also when the first was released before"


def test_what_came_in_since_is_not_released_a_second_time() -> None:
    room = Room()
    held = hold(room, trap())
    admit(room, STRANGER)
    accepted(room.take(trap(), received_us=NOW_US + 1_000_000))
    assert outcomes(room, held) == [("replayed", "replayed")]


def test_a_held_canary_is_a_forged_one() -> None:
    room = Room()
    held = hold(room, trap(trap_oid=canary.TRAP_OID))
    admit(room, STRANGER)
    assert outcomes(room, held) == [("forged_canary", "")]


def test_a_refused_sender_is_refused_at_the_door() -> None:
    room = Room()
    room.security.decided = {(ENGINE, b"stranger"): False}
    assert room.take(trap()) == Refusal("refused_sender", None)


def test_an_inform_of_a_stranger_is_told_and_not_held() -> None:
    room = Room()
    engine = room.security.local_engine
    inform = encode.v3_notification(
        Keys(STRANGER, engine.engine_id),
        encode.Engine(engine.engine_id, 1, 0),
        trap_oid=TRAP_OID,
        uptime_ticks=1,
        message_id=1,
        pdu_type=PduType.INFORM,
    )
    outcome = room.take(inform)
    assert isinstance(outcome, Refusal)
    assert outcome.reason == "unknown_user"
    assert outcome.reply is not None


def test_records_are_folded_by_their_id_whatever_their_order_in_time() -> None:
    room = Room()
    first, second = hold(room, trap(1)), hold(room, trap(2))
    folded = fold([second, first, ending(second, RELEASED)])
    assert [(each.held_id, each.outcome) for each in folded] == [(first.held_id, ""), (second.held_id, RELEASED)]
    assert folded[1].datagram == trap(2)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param(b"x/y", b"{", id="no JSON"),
        pytest.param(b"x/y", None, id="a tombstone"),
        pytest.param(b"80/other", codec.encode(hold(Room(), trap())), id="another key"),
    ],
)
def test_a_record_that_is_no_held_one_is_passed_over(key: bytes, value: bytes | None) -> None:
    assert list(held_of(Input("snmp-held", 0, 0, key, value))) == []


def test_a_decision_is_taken_under_its_own_key_and_a_tombstone_takes_it_back() -> None:
    value = codec.encode(decision(is_approved=True))
    assert list(senders_of(Input("senders", 0, 0, KEY.encode(), value))) == [(KEY, decision(is_approved=True))]
    assert list(senders_of(Input("senders", 0, 1, KEY.encode(), None))) == [(KEY, None)]
    assert list(senders_of(Input("senders", 0, 2, b"80/other", value))) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hold"), st.integers(0, 2), st.integers(0, 9)),
        st.tuples(st.just("end"), st.integers(0, 2), st.integers(0, 9)),
        st.tuples(st.sampled_from(["approve", "refuse", "undecide"]), st.integers(0, 2), st.just(0)),
        st.tuples(st.just("days"), st.integers(0, 9), st.just(0)),
    ),
    max_size=40,
)


@given(STEPS)
def test_the_room_is_what_is_held_of_senders_that_are_not_refused_whatever_happened(
    steps: list[tuple[str, int, int]],
) -> None:
    """Held against an account that counts everything anew at each step."""
    held = HeldSenders(per_sender=10, most_octets=20 * (ENTRY_OCTETS + 100))
    there: dict[tuple[int, int], bool] = {}
    refused: set[int] = set()
    for what, sender, number in steps:
        record = Held(
            held_id=f"{number}",
            received_at=NOW,
            source_addr="192.0.2.7",
            source_port=1,
            engine_id=f"{sender:010x}",
            security_name="x",
            reason="unknown_user",
            datagram=bytes(100),
        )
        key = f"{sender:010x}/x"
        if what == "hold":
            held.take(record)
            there.setdefault((sender, number), True)
        elif what == "end":
            held.take(ending(record, RELEASED))
            there[sender, number] = False
        elif what == "days":
            held.expire(NOW + timedelta(days=sender))
            if sender > 7:
                there.clear()
        else:
            decided = msgspec.structs.replace(
                decision(is_approved=what == "approve"), engine_id=f"{sender:010x}", security_name="x"
            )
            held.decide(key, None if what == "undecide" else decided)
            refused = refused | {sender} if what == "refuse" else refused - {sender}
        waiting = [each for each, is_held in there.items() if is_held]
        free = 20 * (ENTRY_OCTETS + 100) - sum(each not in refused for each, _ in waiting) * (ENTRY_OCTETS + 100)
        assert held.has_room("another", free - ENTRY_OCTETS)
        assert not held.has_room("another", free - ENTRY_OCTETS + 1)
        assert held.has_room(key, 0) == (sum(each == sender for each, _ in waiting) < 10 and free >= ENTRY_OCTETS)
        assert set(held.waiting()) == {(f"{each:010x}", "x") for each, _ in waiting}
