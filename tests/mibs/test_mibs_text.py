import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.mibs.texts import HEAD, OBJECTS, TC, TRAP, V2
from trapline.mibs import text as mib_text
from trapline.mibs.repair import REPAIRS, Repair, missing_end

# Pieces of MIBs, whole and broken, in any order: what a repair must neither fall over nor make worse.
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                HEAD,
                OBJECTS,
                TRAP,
                TC,
                V2,
                "END",
                '"a, }',
                '"a, } -- b\n"',
                "{ a, }",
                "a_b",
                "two-(2)",
                "-- c\n",
                "\n",
                " ",
            ),
            *(
                "SEQUENCE {",
                "aName AType aOther AType }",
                "ENTERPRISE { acme }",
                "DEFVAL { 'ff'h }",
                "DEFVAL {\n a }",
                'DEFVAL { "a" }',
                "AName OBJECT-TYPE",
                "IMPORTS",
                "FROM",
                ";",
            ),
        ]
    ),
    max_size=12,
).map("".join)


def _quoted(text: str) -> list[str]:
    """What stands between every second quotation mark and the next."""
    return text.split('"')[1::2]


@pytest.mark.parametrize("repair", REPAIRS, ids=range(len(REPAIRS)))
@given(text=PIECES)
def test_a_repair_moves_no_line_and_touches_no_quoted_text(repair: Repair, text: str) -> None:
    repaired = repair(text)
    if repaired is None:
        return
    if text.count('"') % 2 == 0:
        assert _quoted(repaired[0]) == _quoted(text)
    lines = text.rstrip() + "\n" if repair is missing_end else text
    assert repaired[0].count("\n") == lines.count("\n")


@pytest.mark.parametrize("repair", REPAIRS, ids=range(len(REPAIRS)))
@pytest.mark.parametrize("text", [HEAD + OBJECTS + TRAP + "END\n", V2, TC], ids=["SMIv1", "SMIv2", "types"])
def test_what_is_right_is_not_repaired(repair: Repair, text: str) -> None:
    assert repair(text) is None


@given(PIECES)
def test_comments_are_blanked_and_lines_stay(text: str) -> None:
    assert mib_text.without_comments(text).count("\n") == text.count("\n")


@given(st.binary(max_size=200))
def test_any_octets_become_text(octets: bytes) -> None:
    text, _ = mib_text.decode(octets)
    assert not {"\0", "\x1a", "\r"} & set(text)


def test_imports_are_read_by_module() -> None:
    assert mib_text.imports(V2) == {
        "SNMPv2-SMI": ("MODULE-IDENTITY", "OBJECT-TYPE", "NOTIFICATION-TYPE", "enterprises", "Integer32"),
        "SNMPv2-TC": ("TEXTUAL-CONVENTION", "DateAndTime"),
        "ACME-TC-MIB": ("AcmeLevel", "acmeRoot"),
        "IF-MIB": ("ifIndex",),
    }


def test_a_module_keeps_the_line_numbers_of_its_file() -> None:
    first, second = mib_text.modules("\n\n" + HEAD + TC)
    assert (first.module, second.module) == ("ACME-MIB", "ACME-TC-MIB")
    assert first.text.split("\n")[2] == "ACME-MIB DEFINITIONS ::= BEGIN"
    assert second.text.split("\n")[4] == "ACME-TC-MIB DEFINITIONS ::= BEGIN"


def test_a_module_that_a_text_talks_about_is_none() -> None:
    (module,) = mib_text.modules(TC.replace('"Level."', '"\nOTHER-MIB DEFINITIONS ::= BEGIN\n"'))
    assert module.module == "ACME-TC-MIB"
