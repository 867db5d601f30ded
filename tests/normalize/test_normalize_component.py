"""Where each trap goes."""

from pathlib import Path

import msgspec
import pytest

from tests.normalize.traps import oem_event, text, trap
from trapline.kafka.records import Input, Output
from trapline.normalize.component import Normalizer, load_rules
from trapline.protocol import canary, codec, topics
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.traps import DeadLetter, Trap, Unmatched

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
NORMALIZER = Normalizer(load_rules(Path("/nonexistent")))


def process(value: bytes | None) -> Output:
    (output,) = NORMALIZER.process([Input("snmp-traps", 2, 71, b"192.0.2.10", value)])
    return output


def decoded(output: Output, kind: type[AlertEvent] | type[Unmatched] | type[DeadLetter]) -> object:
    assert output.value is not None
    return codec.decode(output.value, kind)


def test_an_event_goes_to_alerts_under_its_target() -> None:
    output = process(codec.encode(oem_event()))

    assert (topics.ALERTS, "oracle_database:claimsdb1") == (output.topic, output.key)


def test_a_canary_goes_to_alerts_under_its_node() -> None:
    of_node = trap(canary.TRAP_OID, (text(canary.NODE, "node-1"),), security_name=canary.SECURITY_NAME)

    assert (topics.ALERTS, "trapline_canary:node-1") == process(codec.encode(of_node))[:2]


@pytest.mark.parametrize(
    "target_type", ["trapline_canary", " trapline_canary ", "trapline_canary:", "trapline_canary:x"]
)
def test_an_ordinary_trap_is_no_canary_whatever_type_it_names(target_type: str) -> None:
    output = process(codec.encode(oem_event({23: target_type})))
    unmatched = decoded(output, Unmatched)

    assert topics.SNMP_TRAPS_UNMATCHED == output.topic
    assert isinstance(unmatched, Unmatched)
    assert f"the target type {target_type.strip()!r} is Trapline's own" in unmatched.reason


def test_a_trap_without_a_rule_goes_to_the_unmatched_whole_and_with_a_reason() -> None:
    unknown = trap("1.3.6.1.4.1.9.9.41.2.0.1", (text("1.3.6.1.4.1.9.1", "a"),))
    output = process(codec.encode(unknown))

    assert (topics.SNMP_TRAPS_UNMATCHED, "192.0.2.10") == (output.topic, output.key)
    assert Unmatched(reason="no rule is for the trap OID 1.3.6.1.4.1.9.9.41.2.0.1", trap=unknown) == decoded(
        output, Unmatched
    )


def test_what_cannot_be_read_goes_to_the_dead_letters_with_its_place() -> None:
    deep = b'{"later":' + b"[" * 100_000
    values = (b"", None, b"\xff", b"{}", b"[]", b'{"trap_id": 1}', codec.encode(oem_event())[:-5], deep)
    for value in values:
        output = process(value)
        letter = decoded(output, DeadLetter)

        assert isinstance(letter, DeadLetter)
        assert topics.SNMP_TRAPS_DEAD == output.topic
        assert ("snmp-traps", 2, 71, value or b"") == (letter.topic, letter.partition, letter.offset, letter.value)
        assert letter.reason.startswith("not a Trap: ")


@pytest.mark.parametrize("value", [b"x" * 990_000, b'{"trap_id":"' + b"\xf0\x9f\x90\xa4" * 247_000 + b'"}'])
def test_a_record_as_large_as_kafka_takes_is_a_dead_letter_that_kafka_takes(value: bytes) -> None:
    output = process(value)
    letter = decoded(output, DeadLetter)

    assert isinstance(letter, DeadLetter)
    assert len(output.value or b"") < 900_000
    assert value.startswith(letter.value)
    assert f"of its {len(value)} octets these are the first 500000" in letter.reason


def test_fields_of_a_later_version_are_no_obstacle() -> None:
    later = msgspec.json.decode(codec.encode(oem_event())) | {"invented_later": [1, {"a": None}]}

    assert topics.ALERTS == process(msgspec.json.encode(later)).topic


def test_every_golden_trap_becomes_what_was_written_down() -> None:
    files = sorted((GOLDEN / "normalize").glob("*.json"))
    assert len(files) >= 8
    for file in files:
        case = msgspec.json.decode(file.read_bytes())
        output = process(msgspec.json.encode(case["trap"]))

        assert output.value is not None
        assert (case["topic"], case["key"]) == (output.topic.name, output.key), file.name
        assert case["record"] == msgspec.json.decode(output.value), file.name
        codec.decode(msgspec.json.encode(case["trap"]), Trap)
