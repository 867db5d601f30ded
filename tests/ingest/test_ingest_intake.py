from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ingest.intake_room import ENGINE, NOW, NOW_US, USER, Room, accepted
from trapline.ingest.blind import KERNEL
from trapline.ingest.canary import Canary
from trapline.ingest.counts import SENTENCES
from trapline.ingest.intake import Refusal
from trapline.protocol import canary as canary_oids
from trapline.protocol import codec
from trapline.protocol.alerts import BlindInterval
from trapline.protocol.errors import SettingError
from trapline.protocol.traps import PduType, Trap
from trapline.snmp import Community, Credentials, User, encode
from trapline.snmp.usm import Keys

TRAP_OID = "1.3.6.1.4.1.99999.0.1"


def v2c(community: bytes = b"c0mmunity", trap_oid: str = TRAP_OID, pdu_type: PduType = PduType.TRAP_V2) -> bytes:
    return encode.v2c_notification(community, trap_oid=trap_oid, uptime_ticks=1, request_id=1, pdu_type=pdu_type)


def v3(message_id: int = 1) -> bytes:
    return encode.v3_notification(
        Keys(USER, ENGINE), encode.Engine(ENGINE, 3, 100), trap_oid=TRAP_OID, uptime_ticks=1, message_id=message_id
    )


@pytest.mark.parametrize(
    ("datagram", "key"),
    [(v2c(), "192.0.2.7"), (v3(), f"192.0.2.7/{ENGINE.hex()}")],
    ids=["v2c: the address", "v3: the engine too"],
)
def test_the_key_is_the_sender(datagram: bytes, key: str) -> None:
    room = Room()
    entry = accepted(room.take(datagram)).entry
    record = codec.decode(entry.value, Trap)
    assert entry.key == key
    assert (record.source_addr, record.source_port, record.received_at) == ("192.0.2.7", 4711, NOW)
    assert record.trap_id == f"{NOW_US:014x}" + "0" * 18
    assert room.numbers == (1, 1)


def test_the_record_shows_the_receipt_and_the_id_keeps_the_order_when_the_clock_steps_back() -> None:
    room = Room()
    first = codec.decode(accepted(room.take(v2c())).entry.value, Trap)
    second = codec.decode(accepted(room.take(v2c(), received_us=NOW_US - 5_000_000)).entry.value, Trap)
    assert second.received_at == NOW - timedelta(seconds=5)
    assert second.trap_id > first.trap_id


def test_an_inform_is_handed_on_to_be_answered_and_a_trap_is_not() -> None:
    room = Room()
    assert accepted(room.take(v2c())).inform is None
    assert accepted(room.take(v2c(pdu_type=PduType.INFORM))).inform is not None


def test_a_repeated_v3_trap_is_refused() -> None:
    room = Room()
    accepted(room.take(v3()))
    assert room.take(v3()) == Refusal("replayed", None)
    accepted(room.take(v3(message_id=2)))
    assert room.numbers == (3, 2)


def test_an_engine_discovery_is_answered_and_counted_nowhere() -> None:
    room = Room()
    stranger = User("")
    discovery = encode.v3_message(
        Keys(stranger, b""),
        0,
        encode.Engine(b"", 0, 0),
        message_id=7,
        scoped=encode.scoped_pdu(b"", b"", b"\xa0\x0b\x02\x01\x07\x02\x01\x00\x02\x01\x00\x30\x00"),
        salt=b"",
        reportable=True,
    )
    outcome = room.take(discovery)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is None
    assert outcome.reply is not None
    assert b"our-engine" in outcome.reply
    assert room.numbers == (0, 0)


@given(st.binary(max_size=300))
def test_arbitrary_octets_are_refused_with_a_known_reason(datagram: bytes) -> None:
    room = Room()
    outcome = room.take(datagram)
    assert isinstance(outcome, Refusal)
    assert outcome.reason in SENTENCES
    assert room.numbers == (1, 0)


def test_our_canary_is_a_record_and_counts_nowhere() -> None:
    room = Room()
    entry = accepted(room.take(room.canary.datagram(NOW, None))).entry
    record = codec.decode(entry.value, Trap)
    assert entry.is_canary
    assert (record.trap_oid, record.security_name) == (canary_oids.TRAP_OID, "trapline-canary")
    values = {each.oid: each.value for each in record.varbinds}
    assert values.pop(canary_oids.NONCE)
    assert values == {
        canary_oids.NODE: "node-1",
        canary_oids.SENT_AT: "2026-03-01T12:00:00.000000Z",
        canary_oids.BLIND_FROM_AT: "",
        canary_oids.BLIND_TO_AT: "",
        canary_oids.BLIND_REASON: "",
        canary_oids.LOST: "",
    }
    assert room.numbers == (0, 0)


@pytest.mark.parametrize(("lost", "text"), [(17, "17"), (None, ""), (0, "0")], ids=["counted", "not counted", "none"])
def test_a_canary_that_came_back_has_told_its_interval(lost: int | None, text: str) -> None:
    told = BlindInterval(from_at=NOW - timedelta(seconds=9), to_at=NOW, reason=KERNEL, lost=lost)
    room = Room((told,))
    datagram = room.canary.datagram(NOW, room.blind.announce())
    assert list(room.blind.untold) == [told]
    record = codec.decode(accepted(room.take(datagram)).entry.value, Trap)
    values = {each.oid: each.value for each in record.varbinds}
    assert values[canary_oids.BLIND_FROM_AT] == "2026-03-01T11:59:51.000000Z"
    assert values[canary_oids.BLIND_TO_AT] == "2026-03-01T12:00:00.000000Z"
    assert (values[canary_oids.BLIND_REASON], values[canary_oids.LOST]) == (KERNEL, text)
    assert list(room.blind.untold) == []


def test_a_canary_is_good_once() -> None:
    room = Room()
    datagram = room.canary.datagram(NOW, None)
    accepted(room.take(datagram))
    assert room.take(datagram) == Refusal("forged_canary", None)


def test_a_canary_of_another_process_is_refused() -> None:
    room = Room()
    assert room.take(Canary("node-1").datagram(NOW, None)) == Refusal("wrong_community", None)
    assert room.take(v2c(trap_oid=canary_oids.TRAP_OID)) == Refusal("forged_canary", None)


def test_canaries_lost_on_the_way_are_forgotten() -> None:
    room = Room()
    datagrams = [room.canary.datagram(NOW, None) for _ in range(1000)]
    assert room.take(datagrams[0]) == Refusal("forged_canary", None)
    accepted(room.take(datagrams[-1]))
    assert len(room.canary._sent) < 100


def test_the_canarys_name_cannot_be_taken() -> None:
    taken = Credentials((Community("trapline-canary", b"x"),))
    with pytest.raises(SettingError, match="'trapline-canary', which is our canary's; rename it"):
        Canary("node-1").admitted(taken)
