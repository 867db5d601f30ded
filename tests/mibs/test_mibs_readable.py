import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.mibs import store
from trapline.mibs.hint import integer, octets
from trapline.mibs.module import Definition, Kind, Module, Syntax
from trapline.mibs.names import Mibs
from trapline.mibs.readable import readable
from trapline.protocol.traps import Varbind

ACME = Module(
    name="ACME-MIB",
    file="acme.mib",
    definitions={
        "acme": Definition(oid="1.3.6.1.4.1.99999"),
        "acmeFlags": Definition(
            oid="1.3.6.1.4.1.99999.1",
            kind=Kind.SCALAR,
            syntax=Syntax(name="BITS", base="BITS", labels={0: "fan", 9: "door"}),
        ),
    },
)
MIBS = Mibs(store.built_in() | {"ACME-MIB": ACME})

LINES = [
    ("a label", "1.3.6.1.2.1.2.2.1.7.3", "Integer32", 2, False, "ifAdminStatus.3 = down(2)"),
    ("a number without its label", "1.3.6.1.2.1.2.2.1.7.3", "Integer32", 9, False, "ifAdminStatus.3 = 9"),
    ("a scalar", "1.3.6.1.2.1.1.5.0", "OCTET STRING", "switch 1", False, "sysName = switch 1"),
    ("octets with a hint", "1.3.6.1.2.1.2.2.1.6.3", "OCTET STRING", "00163e010203", True, "ifPhysAddress.3 = 00:16:3e:01:02:03"),
    ("a date without its zone", "1.3.6.1.2.1.25.1.2.0", "OCTET STRING", "07ea0b17143b0500", True, "hrSystemDate = 2026-11-23,20:59:5.0"),
    ("a date with its zone", "1.3.6.1.2.1.25.1.2.0", "OCTET STRING", "07ea0b17143b05002b0200", True, "hrSystemDate = 2026-11-23,20:59:5.0,+2:0"),
    ("the name of an OID", "1.3.6.1.6.3.1.1.4.1.0", "OBJECT IDENTIFIER", "1.3.6.1.6.3.1.1.5.3", False, "snmpTrapOID = linkDown (1.3.6.1.6.3.1.1.5.3)"),
    ("a time", "1.3.6.1.2.1.1.3.0", "TimeTicks", 12345678, False, "sysUpTime = 1 d 10:17:36.78 (12345678)"),
    ("bits", "1.3.6.1.4.1.99999.1.0", "OCTET STRING", "8040", True, "acmeFlags = fan(0), door(9)"),
    ("bits that are text too", "1.3.6.1.4.1.99999.1.0", "OCTET STRING", "@", False, "acmeFlags = bit(1)"),
    ("nothing known", "1.3.6.1.4.1.99999.7.1", "OCTET STRING", "c3", True, "1.3.6.1.4.1.99999.7.1 = 0xc3"),
    ("two lines", "1.3.6.1.4.1.5.1", "OCTET STRING", "a\r\nb", False, "1.3.6.1.4.1.5.1 = a b"),
    ("no value", "1.3.6.1.2.1.1.5.0", "noSuchInstance", None, False, "sysName = noSuchInstance"),
    ("hex that is none", "1.3.6.1.2.1.2.2.1.6.3", "OCTET STRING", "zz", True, "ifPhysAddress.3 = 0xzz"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("oid", "syntax", "value", "is_hex", "line"), [row[1:] for row in LINES], ids=[row[0] for row in LINES]
)
def test_a_varbind_is_shown_as_people_read_it(
    oid: str, syntax: str, value: str | int | None, is_hex: bool, line: str
) -> None:
    assert readable([Varbind(oid=oid, syntax=syntax, value=value, is_hex=is_hex)], MIBS) == [line]


def test_a_trap_without_varbinds_has_no_lines() -> None:
    assert readable([], MIBS) == []


def test_what_was_added_names_an_oid_before_what_is_built_in() -> None:
    own = Module(
        name="MINE", file="mine", definitions={"myStatus": Definition(oid="1.3.6.1.2.1.2.2.1.7", kind=Kind.COLUMN)}
    )
    named = Mibs(store.built_in() | {"MINE": own}).named("1.3.6.1.2.1.2.2.1.7.3")
    assert named is not None
    assert (named.module, named.text) == ("MINE", "myStatus.3")


def test_a_name_is_found_with_and_without_its_module() -> None:
    assert MIBS.oids("ifIndex") == {"IF-MIB": "1.3.6.1.2.1.2.2.1.1"}
    assert MIBS.oids("IF-MIB::ifIndex") == {"IF-MIB": "1.3.6.1.2.1.2.2.1.1"}
    assert MIBS.oids("UDP-MIB::ifIndex") == {}
    assert MIBS.oids("noSuchName") == {}


HINTS = [
    ("text", "255a", b"abc", "abc"),
    ("utf-8", "255t", "é".encode(), "é"),
    ("text that is none", "255a", b"\xff", None),
    ("a network address", "1d.1d.1d.1d", bytes([10, 0, 0, 1]), "10.0.0.1"),
    ("with a port", "1d.1d.1d.1d/2d", bytes([10, 0, 0, 1, 0, 162]), "10.0.0.1/162"),
    ("repeated as often as an octet says", "*1d./1d", bytes([2, 7, 8, 9]), "7.8/9"),
    ("the longest number", "8d", b"\xff" * 8, "18446744073709551615"),
    ("a number longer than any", "9d", b"\xff" * 9, None),
    ("a number of more digits than Python writes", "2000d", b"\xff" * 2000, None),
    ("an octal number longer than any", "2000o", b"\xff" * 2000, None),
    ("a length of more digits than Python reads", "1" * 5000 + "d", b"abc", None),
    ("octets of any length", "255x", b"\xff" * 20, "ff" * 20),
    ("octal", "1o ", bytes([8, 9]), "10 11"),
    ("no hint", "", b"abc", None),
    ("no length", "0a", b"abc", None),
    ("nonsense", "what", b"abc", None),
]  # fmt: skip


@pytest.mark.parametrize(("hint", "raw", "shown"), [row[1:] for row in HINTS], ids=[row[0] for row in HINTS])
def test_octets_follow_their_hint(hint: str, raw: bytes, shown: str | None) -> None:
    assert octets(raw, hint) == shown


@pytest.mark.parametrize(
    ("value", "hint", "shown"),
    [
        (1234, "d-2", "12.34"),
        (-5, "d-2", "-0.05"),
        (255, "x", "ff"),
        (5, "b", "101"),
        (7, "d", "7"),
        (7, "?", "7"),
        (7, "d-" + "1" * 5000, "7"),
        (7, "", "7"),
    ],
)
def test_numbers_follow_their_hint(value: int, hint: str, shown: str) -> None:
    assert integer(value, hint) == shown


@given(st.text(alphabet="*0123xdoat.:-", max_size=12), st.binary(max_size=40))
def test_no_hint_and_no_octets_break_it(hint: str, raw: bytes) -> None:
    shown = octets(raw, hint)
    assert shown is None or isinstance(shown, str)


@given(
    st.lists(
        st.sampled_from(
            sorted(each.oid for module in store.built_in().values() for each in module.definitions.values())
        ),
        max_size=3,
    ),
    st.one_of(st.none(), st.integers(), st.text()),
    st.sampled_from(["Integer32", "OCTET STRING", "TimeTicks", "OBJECT IDENTIFIER", "Opaque"]),
    st.booleans(),
)
def test_every_varbind_is_one_line(oids: list[str], value: str | int | None, syntax: str, is_hex: bool) -> None:
    varbinds = [Varbind(oid=f"{oid}.1", syntax=syntax, value=value, is_hex=is_hex) for oid in oids]
    lines = readable(varbinds, MIBS)
    assert len(lines) == len(varbinds)
    assert all(len(line.splitlines()) == 1 for line in lines)
