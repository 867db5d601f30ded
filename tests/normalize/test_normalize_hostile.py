"""Traps as others may write them to `snmp-traps`, well-formed and far from what ingest writes: none stops normalize."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile import records
from tests.normalize.traps import OEM_COLUMNS, OEM_EVENT, oem_event, text, trap
from trapline.kafka.records import Input
from trapline.normalize.component import Normalizer, load_rules
from trapline.protocol import canary, codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.traps import DeadLetter, Trap, Varbind

NORMALIZER = Normalizer(load_rules(Path("/nonexistent")))
OIDS = [
    *(f"1.3.6.1.4.1.111.15.3.1.1.{column}.1" for column in OEM_COLUMNS),
    *(value for name, value in vars(canary).items() if name.isupper() and str(value).startswith("1.3.")),
]
VALUES = st.one_of(
    st.none(),
    st.integers(-(10**40), 10**40),
    st.text(max_size=20),
    st.sampled_from(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "FATAL", "CLEAR", "ff", "c328", "z" * 3_000]),
)
VARBINDS = st.lists(
    st.builds(Varbind, oid=st.sampled_from(OIDS), syntax=st.just("OctetString"), value=VALUES, is_hex=st.booleans()),
    max_size=12,
)


@given(
    records(Trap),
    VARBINDS,
    st.sampled_from([OEM_EVENT, canary.TRAP_OID, "1.3.6.1.6.3.1.1.5.3", ""]),
    st.sampled_from(["public", canary.SECURITY_NAME]),
    st.binary(max_size=20),
)
@settings(max_examples=300, deadline=None)
def test_whatever_can_be_read_becomes_one_record_that_kafka_takes_and_track_can_read(
    like: Trap, varbinds: list[Varbind], trap_oid: str, security_name: str, key: bytes
) -> None:
    hostile = msgspec.structs.replace(
        like, varbinds=(*varbinds, *like.varbinds), trap_oid=trap_oid, security_name=security_name
    )
    (output,) = NORMALIZER.process([Input("snmp-traps", 0, 1, key, codec.encode(hostile))])

    assert output.topic in {topics.ALERTS, topics.SNMP_TRAPS_UNMATCHED}
    assert output.value is not None
    if output.topic is topics.ALERTS:
        assert output.key == codec.decode(output.value, AlertEvent).target.id


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-02T13:51:00"])
def test_a_trap_with_a_time_that_nothing_can_be_reckoned_with_is_a_dead_letter(time: str) -> None:
    value = msgspec.json.encode(msgspec.json.decode(codec.encode(oem_event())) | {"received_at": time})
    (output,) = NORMALIZER.process([Input("snmp-traps", 0, 1, b"k", value)])

    assert output.topic is topics.SNMP_TRAPS_DEAD
    assert time[:19] in codec.decode(output.value or b"", DeadLetter).reason


def test_a_key_as_long_as_kafka_takes_is_cut() -> None:
    unknown = trap("1.3.6.1.4.1.9.9.41.2.0.1", (text("1.3.6.1.4.1.9.1", "a" * 700_000),))
    (output,) = NORMALIZER.process([Input("snmp-traps", 0, 1, b"\xff" * 250_000, codec.encode(unknown))])

    assert len(output.key.encode()) + len(output.value or b"") < 1_000_000


@pytest.mark.parametrize("digits", [4_000, 4_300, 4_301, 100_000])
def test_a_number_of_any_length_stops_nothing(digits: int) -> None:
    varbind = b'{"oid":"1.3.6.1.4.1.111.15.3.1.1.21.1","syntax":"Integer32","value":' + b"9" * digits + b"}"
    value = codec.encode(oem_event()).replace(b'"varbinds":[', b'"varbinds":[' + varbind + b",")
    assert len(NORMALIZER.process([Input("snmp-traps", 0, 1, b"k", value)])) == 1
