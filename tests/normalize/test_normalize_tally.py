"""What normalize counts of its input, in words that the funnel can explain."""

from datetime import UTC, datetime
from pathlib import Path

from tests.normalize.traps import oem_event, text, trap
from trapline.kafka.records import Input
from trapline.normalize.component import Normalizer, load_rules
from trapline.protocol import canary, codec
from trapline.protocol.tally import NORMALIZED, OTHERS, Tally


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
