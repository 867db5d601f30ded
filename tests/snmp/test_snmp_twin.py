"""The compiled twin and its reference: the same PDU, or the same refusal with the same words, whatever comes."""

import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.snmp.packets import COMMUNITY, CREDENTIALS, LINK_DOWN, NOW, OEM, SIGNER, security, v3, varbinds_v2
from tests.snmp.readers import PYTHON
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import PduType, Varbind
from trapline.snmp import REASONS, Security, ber, decode, encode, header, pdu, twin
from trapline.snmp.header import Header
from trapline.snmp.pdu import Pdu

if not twin.IS_COMPILED:
    pytest.skip(
        "the compiled twin was not built: there was no C compiler, or no headers of Python", allow_module_level=True
    )

PACKETS = Path(__file__).parents[1] / "golden" / "packets"
SEEDS = [path.read_bytes() for path in sorted(PACKETS.rglob("*.bin"))]
UPTIME = encode.varbind(Varbind(oid="1.3.6.1.2.1.1.3.0", syntax="TimeTicks", value=5))
TRAP_OID = encode.varbind(Varbind(oid="1.3.6.1.6.3.1.1.4.1.0", syntax="OBJECT IDENTIFIER", value=LINK_DOWN))


PAIRS: list[tuple[Callable[[bytes, int, int], Pdu | Header], Callable[[bytes, int, int], Pdu | Header]]] = [
    (twin.read_v1, pdu.read_v1),
    (twin.read_v2, pdu.read_v2),
    (twin.read_header, header.read_header),
]


def outcome(
    read: Callable[[bytes, int, int], Pdu | Header], octets: bytes, at: int, end: int
) -> Pdu | Header | tuple[str, str]:
    """What was read, or reason and detail."""
    try:
        return read(octets, at, end)
    except DatagramError as error:
        return error.reason, error.detail


def assert_equal(octets: bytes, at: int = 0) -> None:
    for compiled, reference in PAIRS:
        assert outcome(compiled, octets, at, len(octets)) == outcome(reference, octets, at, len(octets))


def v1_pdu(bindings: list[bytes]) -> bytes:
    head = ber.write(6, ber.oid_content("1.3.6.1.4.1.111.15.2")), ber.write(0x40, b"\x7f\0\0\1")
    numbers = ber.write_integer(6), ber.write_integer(3), ber.write_integer(4711, 0x43)
    return ber.write(0xA4, *head, *numbers, ber.write(ber.SEQUENCE, *bindings))


def v2_pdu(bindings: list[bytes], tag: int = 0xA7) -> bytes:
    return ber.write(tag, *(ber.write_integer(number) for number in (-5, 0, 0)), ber.write(ber.SEQUENCE, *bindings))


def binding(name: bytes, tag: int, value: bytes) -> bytes:
    return ber.write(ber.SEQUENCE, ber.write(6, name), ber.write(tag, value))


SYS_NAME = ber.oid_content("1.3.6.1.2.1.1.5.0")
names = st.one_of(st.just(SYS_NAME), st.binary(max_size=12), st.just(ber.oid_content("1.3.6.1.6.3.18.1.4.0")))
tags = st.one_of(
    st.sampled_from([2, 4, 5, 6, 0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x47, 0x80, 0x81, 0x82]), st.integers(0, 255)
)
values = st.one_of(st.binary(max_size=10), st.text(max_size=40).map(str.encode), st.binary(max_size=300))
bindings = st.lists(
    st.one_of(
        st.builds(binding, names, tags, values),
        varbinds_v2.map(encode.varbind),
        st.sampled_from([UPTIME, TRAP_OID]),
        st.binary(max_size=8),
    ),
    max_size=6,
)


@given(bindings, st.sampled_from([0xA7, 0xA6, 0xA4, 0xA0]))
@settings(max_examples=400)
def test_made_up_pdus_are_read_or_refused_the_same(made: list[bytes], tag: int) -> None:
    assert_equal(v1_pdu(made))
    assert_equal(v2_pdu([UPTIME, TRAP_OID, *made]))
    assert_equal(b"in front" + v2_pdu(made, tag), 8)


@given(
    bindings,
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 400),
)
@settings(max_examples=400)
def test_mutated_pdus_are_read_or_refused_the_same(
    made: list[bytes], is_v1: bool, changes: list[tuple[int, int]], cut: int
) -> None:
    mutated = bytearray(v1_pdu(made) if is_v1 else v2_pdu([UPTIME, TRAP_OID, *made]))
    for at, octet in changes:
        mutated[at % len(mutated)] = octet
    assert_equal(bytes(mutated))
    assert_equal(bytes(mutated[:cut]))


@given(st.binary(max_size=100))
def test_any_octets_are_read_or_refused_the_same(octets: bytes) -> None:
    assert_equal(octets)
    assert_equal(ber.write(0xA4, octets))
    assert_equal(ber.write(0xA7, octets))


numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 3, 2**31 - 1, 2**31])).map(ber.write_integer)
texts = st.binary(max_size=40).map(lambda octets: ber.write(4, octets))


@given(
    numbers,
    st.integers(0, 255),
    st.one_of(st.just(3), st.integers(0, 9)),
    st.tuples(texts, numbers, numbers, texts, texts, texts),
    st.binary(max_size=20),
    st.tuples(st.integers(0, 99), st.integers(0, 255)),
)
def test_any_v3_header_is_read_or_refused_the_same(
    message_id: bytes, flags: int, model: int, usm: tuple[bytes, ...], behind: bytes, change: tuple[int, int]
) -> None:
    head = ber.write(
        ber.SEQUENCE, message_id, ber.write_integer(65507), ber.write(4, bytes((flags,))), ber.write_integer(model)
    )
    made = bytearray(head + ber.write(4, ber.write(ber.SEQUENCE, *usm)) + behind)
    assert_equal(bytes(made))
    made[change[0] % len(made)] = change[1]
    assert_equal(bytes(made))


@given(st.binary(max_size=200))
def test_octets_are_xored_the_same(octets: bytes) -> None:
    assert twin.xor(octets, octets[::-1]) == twin.python_xor(octets, octets[::-1])
    with pytest.raises(ValueError, match="different lengths"):
        twin.xor(octets, octets + b"x")


@given(names, st.binary(max_size=700))
def test_any_oid_is_read_or_refused_the_same(name: bytes, long: bytes) -> None:
    for each in (name, long, b"\x2b" + b"\x8f\xff\xff\xff\x7f" * len(name), b"\x2b" + b"\1" * len(long)):
        assert_equal(v2_pdu([UPTIME, TRAP_OID, binding(each, 6, each)]))


@pytest.mark.parametrize(
    "octets", [b"\xed\x9f\xbf", b"\xed\xa0\x80", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xc1\x81"]
)
@pytest.mark.parametrize("behind", [b"", b"text", b"\x80"])
def test_utf_8_ends_where_unicode_does(octets: bytes, behind: bytes) -> None:
    assert_equal(v2_pdu([TRAP_OID, *(binding(SYS_NAME, 4, (octets + behind)[:cut]) for cut in range(1, 8))]))


@pytest.mark.parametrize("at_and_end", [(-1, 3), (2, 1), (0, 5), (0, 1 << 62)])
def test_a_span_outside_the_octets_is_never_read(at_and_end: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a span that is not in the octets"):
        twin.read_v2(b"\xa7\x02\x05\0", *at_and_end)


def mutations(seeds: list[bytes], count: int) -> Iterator[bytes]:
    """Seeds with octets changed, cut, doubled, or spliced with another one, always the same ones."""
    chance = random.Random(4711)
    for _ in range(count):
        made = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(made) or 1)
            match chance.randrange(6):
                case 0 | 1 if made:
                    made[at] = chance.choice((0, 1, 0x7F, 0x80, 0x81, 0x84, 0xFF, chance.randrange(256)))
                case 2 if made:
                    made[at] ^= 1 << chance.randrange(8)
                case 3:
                    del made[at : at + chance.randrange(1, 9)]
                case 4:
                    made[at:at] = made[at : at + chance.randrange(1, 40)]
                case _:
                    other = chance.choice(seeds)
                    made[at:] = other[chance.randrange(len(other) or 1) :]
        yield bytes(made[:65_507])


def test_mutated_packets_count_and_read_the_same_without_a_leak() -> None:
    """A sample; TRAPLINE_SOAK=1 makes it a million."""
    count = 1_000_000 if os.environ.get("TRAPLINE_SOAK") else 20_000
    text = [Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value="router")] * 20
    made = [
        encode.v1_trap(COMMUNITY, enterprise_oid="1.3.6.1.4.1.111.15.2", generic_trap=6, specific_trap=3,
                       agent_addr="192.0.2.1", uptime_ticks=1, varbinds=text),
        encode.v2c_notification(COMMUNITY, trap_oid=LINK_DOWN, uptime_ticks=1, request_id=1, varbinds=text,
                                pdu_type=PduType.INFORM),
        v3(SIGNER, varbinds=text), v3(OEM, varbinds=text),
    ]  # fmt: skip
    readers = {"python": PYTHON, "compiled": {name: getattr(twin, name) for name in PYTHON}}
    receivers = {name: security(CREDENTIALS) for name in readers}
    counts: dict[str, dict[str, int]] = {name: {} for name in readers}
    slowest, resident = 0.0, 0
    with pytest.MonkeyPatch.context() as patch:
        for name, function in readers["compiled"].items():
            patch.setattr(twin, name, function)  # so that it is put back at the end
        for number, datagram in enumerate(mutations([*SEEDS, *made * 10, *made[:2] * 40], count)):
            told = {}
            for name, functions in readers.items():
                vars(twin).update(functions)
                began = time.thread_time()
                told[name] = _told(datagram, receivers[name])
                slowest = max(slowest, time.thread_time() - began) if name == "compiled" else slowest
                counts[name][told[name][0]] = counts[name].get(told[name][0], 0) + 1
            assert told["python"] == told["compiled"]
            if number == count // 2:
                resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert counts["python"] == counts["compiled"]
    assert sum(counts["compiled"].values()) == count
    assert counts["compiled"].keys() <= {"accepted", *REASONS}
    assert counts["compiled"]["accepted"] > count // 20, counts
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident < 20_000, "kB more in the second half"
    print(f"{count:,} mutated packets, slowest {slowest * 1e6:.0f} µs of CPU, {counts['compiled']}")


def _told(datagram: bytes, receiver: Security) -> tuple[str, object]:
    try:
        notification = decode(datagram, receiver, NOW)
    except DatagramError as error:
        return error.reason, error.detail
    return "accepted", (notification.trap_oid, notification.members, notification.reply)
