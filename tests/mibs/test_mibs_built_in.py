"""The built-in facts against pysnmp's own compiled modules, where it has the same."""

from typing import Any

import pytest
from pysnmp.smi.builder import MibBuilder

from trapline.mibs import store
from trapline.mibs.module import Definition

BUILT_IN = store.built_in()
SHARED = [
    "SNMPv2-SMI",
    "SNMPv2-MIB",
    "SNMPv2-TM",
    "SNMP-FRAMEWORK-MIB",
    "SNMP-TARGET-MIB",
    "INET-ADDRESS-MIB",
    "TRANSPORT-ADDRESS-MIB",
]


def _symbols(module: str) -> dict[str, Any]:
    builder = MibBuilder()
    builder.load_modules(module)
    symbols: dict[str, Any] = builder.mibSymbols[module]
    return symbols


def _labels(symbol: Any) -> dict[int, str]:
    named = getattr(getattr(symbol, "syntax", None), "namedValues", None)
    # pysnmp counts a row that does not exist as a state of RowStatus; RFC 2579 does not.
    return {int(number): str(label) for label, number in (named or {}).items() if str(label) != "notExists"}


def _oid(symbol: Any) -> str:
    return ".".join(map(str, symbol.name))


@pytest.mark.parametrize("module", SHARED)
def test_names_oids_and_labels_are_those_that_pysnmp_knows(module: str) -> None:
    ours, theirs = BUILT_IN[module].definitions, _symbols(module)
    shared: dict[str, Definition] = {name: each for name, each in ours.items() if hasattr(theirs.get(name), "name")}

    assert {name: each.oid for name, each in shared.items()} == {name: _oid(theirs[name]) for name in shared}
    assert {
        name: each.syntax.labels for name, each in shared.items() if each.syntax and each.syntax.base == "INTEGER"
    } == {name: _labels(theirs[name]) for name, each in shared.items() if each.syntax and each.syntax.base == "INTEGER"}
    assert len(shared) > len(ours) * 0.8


def test_display_hints_are_those_that_pysnmp_knows() -> None:
    theirs = _symbols("SNMPv2-TC")
    hinted = {name: each.hint for name, each in BUILT_IN["SNMPv2-TC"].types.items() if each.hint}

    assert hinted == {name: theirs[name].displayHint for name in hinted}
    assert set(hinted) == {"DisplayString", "PhysAddress", "MacAddress", "DateAndTime"}
