"""What normalize counts of its input, in words that the funnel can explain."""

from datetime import UTC, datetime
from pathlib import Path

from tests.normalize.traps import oem_event, text, trap
from trapline.kafka.records import Input
from trapline.normalize.component import Normalizer, load_rules
from trapline.protocol import canary, codec
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.tally import NORMALIZED, OTHERS, Tally
from trapline.track.reduce import reduce


def test_each_trap_is_counted_once_by_what_became_of_it() -> None:
    ours = Normalizer(load_rules(Path("/nonexistent")))
    of_node = trap(canary.TRAP_OID, (text(canary.NODE, "node-1"),), security_name=canary.SECURITY_NAME)
    too_long = oem_event({21: "x" * 600}, source_addr="192.0.2.11")
    values = [
        codec.encode(each) for each in (oem_event(), oem_event(), trap("1.3.6.1.4.1.99999.0.1"), too_long, of_node)
    ]
    ours.process(Input("snmp-traps", 2, n, b"192.0.2.10", value) for n, value in enumerate([*values, b"{"]))

    counts = codec.decode(ours.tallies.committed("snmp-traps", 2, datetime.now(UTC)).encode(), Tally).counts
    assert {
        "192.0.2.10": {"matched": 2, "unknown_oid": 1, "canary": 1},
        "192.0.2.11": {"unmatched": 1},
        OTHERS: {"unreadable": 1},
    } == counts
    assert {outcome for each in counts.values() for outcome in each} <= NORMALIZED.keys()


def test_what_was_deleted_unread_is_told_once_as_blind_and_the_canary_is_not_fresher_for_it() -> None:
    before, now = datetime(2026, 3, 2, 13, tzinfo=UTC), datetime(2026, 4, 9, 13, tzinfo=UTC)
    ours = Normalizer(load_rules(Path("/nonexistent")), "node-1")
    ours.tallies.restore("snmp-traps", 0, codec.encode(Tally(since=before, at=before)).decode())
    ours.tallies.restore("snmp-traps", 1, codec.encode(Tally(since=before, at=now)).decode())
    ours.tallies.expire("snmp-traps", 0, 40, now)
    ours.tallies.expire("snmp-traps", 1, 2, now)
    _, of_gap = ours.process([Input("snmp-traps", 0, 41, b"192.0.2.10", codec.encode(oem_event()))])
    again = ours.process([Input("snmp-traps", 0, 42, b"192.0.2.10", codec.encode(oem_event()))])

    told = codec.decode(of_gap.value or b"", AlertEvent)
    assert 1 == len(again)
    assert "trapline_canary:node-1" == of_gap.key == told.target.id
    assert (before, 42) == (told.received_at, told.blind.lost if told.blind else None)
    status = reduce(None, told).status
    assert status is not None
    assert [told.blind] == list(status.blind)
    counts = codec.decode(ours.tallies.committed("snmp-traps", 0, now).encode(), Tally).counts
    assert {"expired": 40} == counts[OTHERS]
