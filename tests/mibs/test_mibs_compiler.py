"""MIB texts of our own, whole and with the defects that vendors ship, through the real compiler."""

import pytest

from tests.mibs.texts import HEAD, OBJECTS, TC, TRAP, V2
from trapline.mibs import store
from trapline.mibs.compiler import Source, compile_files
from trapline.mibs.module import Definition, Kind, Module, Syntax
from trapline.protocol.errors import SettingError

KNOWN = store.built_in()


def compiled(*texts: str | bytes, known: dict[str, Module] = KNOWN) -> list[Module]:
    files = [
        Source(f"file{number}.mib", text if isinstance(text, bytes) else text.encode())
        for number, text in enumerate(texts, 1)
    ]
    return compile_files(files, known)


def syntax(module: Module, name: str) -> Syntax:
    found = module.definitions[name].syntax
    assert found is not None
    return found


def test_a_trap_of_smiv1_gets_the_oid_that_rfc_3584_maps_it_to() -> None:
    (module,) = compiled(HEAD + OBJECTS + TRAP + "END\n")
    assert module.name == "ACME-MIB"
    assert module.repairs == ()
    trap = module.definitions["acmeChanged"]
    assert (trap.oid, trap.kind, trap.objects) == (
        "1.3.6.1.4.1.99999.0.7",
        Kind.NOTIFICATION,
        ("acmeName", "acmeState"),
    )
    assert syntax(module, "acmeState").labels == {1: "up", 2: "down"}
    assert syntax(module, "acmeName").hint == "255a"


def test_types_are_followed_through_other_modules_whatever_the_order_of_the_files() -> None:
    modules = {module.name: module for module in compiled(V2, TC)}
    assert list(modules) == ["ACME-TC-MIB", "ACME-V2-MIB"]
    module = modules["ACME-V2-MIB"]
    level, temperature = syntax(module, "acmeLevel"), syntax(module, "acmeTemperature")
    assert (level.name, level.base, level.labels) == ("AcmeLevel", "INTEGER", {1: "fine", 2: "bad"})
    assert (temperature.name, temperature.base, temperature.hint) == ("AcmeTenths", "Integer32", "d-1")
    assert syntax(module, "acmeFlags").labels == {0: "fan", 9: "door"}
    assert syntax(module, "acmeAt").hint == KNOWN["SNMPv2-TC"].types["DateAndTime"].hint
    assert module.definitions["acmeLevel"] == Definition(
        oid="1.3.6.1.4.1.99998.1.1.1.1", kind=Kind.COLUMN, syntax=level, text="How bad."
    )
    assert module.definitions["acmeTooWarm"].oid == "1.3.6.1.4.1.99998.1.0.1"


def test_a_module_that_was_compiled_before_needs_no_text_any_more() -> None:
    (types,) = compiled(TC)
    (module,) = compiled(V2, known=KNOWN | {types.name: types})
    assert module.definitions == compiled(TC, V2)[-1].definitions
    assert syntax(module, "acmeLevel").labels == {1: "fine", 2: "bad"}


def test_several_modules_may_stand_in_one_file() -> None:
    assert [module.name for module in compiled(V2 + TC)] == ["ACME-TC-MIB", "ACME-V2-MIB"]


def test_a_missing_import_is_said_with_the_module_and_the_way_out() -> None:
    with pytest.raises(SettingError) as caught:
        compiled(V2)
    assert str(caught.value) == (
        "file1.mib: ACME-V2-MIB imports from ACME-TC-MIB, unknown here; "
        "add the file of ACME-TC-MIB too, in the same command or before"
    )


DEFECTS = [
    ("no defect", HEAD + OBJECTS + TRAP + "END\n", ()),
    ("lines of Windows", (HEAD + OBJECTS + TRAP + "END\n").replace("\n", "\r\n"), ()),
    ("rows of hyphens", HEAD + "------- Acme -------\n-- a -- b\n" + OBJECTS + TRAP + "END\n", ()),
    ("a module of today's file name", HEAD + OBJECTS + TRAP + "END -- omstrap.v1\n", ()),
    (
        "a byte order mark",
        b"\xef\xbb\xbf" + (HEAD + OBJECTS + TRAP + "END\n").encode(),
        ("the byte order mark at the beginning is left out",),
    ),
    (
        "the end of a file of DOS",
        HEAD + OBJECTS + TRAP + "END\n\x1a",
        ("control characters (Ctrl-Z, NUL) are left out",),
    ),
    (
        "an office's quotes",
        (HEAD + OBJECTS).encode()
        + b"acmeX OBJECT IDENTIFIER ::= { acme 3 } -- \x93x\x94\n"
        + (TRAP + "END\n").encode(),
        ("octets that are not UTF-8 are read as Windows-1252",),
    ),
    (
        "used without being imported",
        "ACME-MIB DEFINITIONS ::= BEGIN\nIMPORTS OBJECT-TYPE FROM RFC-1212;\n" + OBJECTS + TRAP + "END\n",
        (
            (
                "used without being imported: DisplayString (taken from SNMPv2-TC), TRAP-TYPE (taken from RFC-1215), "
                "enterprises (taken from SNMPv2-SMI)"
            ),
        ),
    ),
    (
        "a comma too many",
        HEAD + OBJECTS + TRAP.replace("acmeState }", "acmeState, }") + "END\n",
        ("line 18: a comma before a closing brace is left out",),
    ),
    (
        "braces around the enterprise",
        HEAD + OBJECTS + TRAP.replace("ENTERPRISE acme", "ENTERPRISE { acme }") + "END\n",
        ("line 17: the braces around an ENTERPRISE are left out",),
    ),
    (
        "a comma too few",
        HEAD
        + OBJECTS
        + "AcmeEntry ::= SEQUENCE {\n    acmeName DisplayString\n    acmeState INTEGER }\n"
        + TRAP
        + "END\n",
        ("line 16: commas between the columns of a SEQUENCE are put in",),
    ),
    ("no end", HEAD + OBJECTS + TRAP, ("the module's END is missing and put in",)),
    (
        "a label with a hyphen at its end",
        HEAD + OBJECTS.replace("down(2)", "down-(2)") + TRAP + "END\n",
        ("line 11: the hyphen at the end of a label is left out",),
    ),
    (
        "a name with a capital",
        HEAD
        + OBJECTS
        + 'AcmeMore OBJECT-IDENTITY STATUS current DESCRIPTION "AcmeMore" ::= { acme 9 }\n'
        + "acmeMost OBJECT IDENTIFIER ::= { AcmeMore 1 }\n"
        + TRAP
        + "END\n",
        (
            "used without being imported: OBJECT-IDENTITY (taken from SNMPv2-SMI)",
            "read with a small letter: AcmeMore",
        ),
    ),
    (
        "an underscore",
        HEAD + OBJECTS + "acme_more OBJECT IDENTIFIER ::= { acme 9 }\n" + TRAP + "END\n",
        ("line 16: an underscore in a name is read as a hyphen",),
    ),
]


@pytest.mark.parametrize(("text", "repairs"), [row[1:] for row in DEFECTS], ids=[row[0] for row in DEFECTS])
def test_what_vendors_get_wrong_is_read_all_the_same_and_said(text: str | bytes, repairs: tuple[str, ...]) -> None:
    (module,) = compiled(text)
    assert module.repairs == repairs
    trap = module.definitions["acmeChanged"]
    assert (trap.oid, trap.objects) == ("1.3.6.1.4.1.99999.0.7", ("acmeName", "acmeState"))
    assert syntax(module, "acmeState").labels == {1: "up", 2: "down"}
    assert module.definitions["acmeState"].text == "Its state, which is up, or down, }"


WRONG = [
    ("no MIB at all", "hello\n", "file1.mib holds no MIB module: there is no line `NAME DEFINITIONS ::= BEGIN` in it"),
    (
        "no grammar",
        HEAD + OBJECTS + "acmeX OBJECT-TYPE nonsense ::= { acme 5 }\nEND\n",
        "file1.mib, line 16: ACME-MIB cannot be compiled, near 'acmeX OBJECT-TYPE nonsense ::= { acme 5 }': Bad grammar",
    ),
    (
        "an unknown type",
        HEAD + OBJECTS.replace("SYNTAX DisplayString", "SYNTAX AcmeThing") + "END\n",
        "file1.mib: ACME-MIB cannot be compiled: acmeName has a type or a place that is neither defined nor imported",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_cannot_be_compiled_is_said_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(SettingError) as caught:
        compiled(text)
    assert str(caught.value).startswith(sentence)


def test_a_label_with_a_capital_is_read_and_does_not_hurt_who_imports_it() -> None:
    capital = TC.replace("fine(1)", "Fine(1)")
    types, module = compiled(V2, capital)
    assert types.repairs == (
        "read by a grammar that lets pass what the standard forbids, such as a label with a capital",
    )
    assert module.repairs == ()
    assert syntax(module, "acmeLevel").labels == {1: "Fine", 2: "bad"}


def test_a_name_that_an_older_module_lacks_is_said_with_the_way_out() -> None:
    with pytest.raises(SettingError) as caught:
        compiled(V2, TC.replace("acmeRoot OBJECT", "acmeOther OBJECT"))
    assert "it takes acmeRoot from ACME-TC-MIB, which has none as it is known here; add the file of" in str(
        caught.value
    )


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingError) as caught:
        compiled("hello\n", V2, HEAD + "nonsense\nEND\n")
    assert [line.partition(":")[0].partition(",")[0] for line in str(caught.value).splitlines()] == [
        "file1.mib holds no MIB module", "file2.mib", "file3.mib",
    ]  # fmt: skip
