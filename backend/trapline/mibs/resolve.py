"""pysmi's JSON document of a module to a Module: every type followed to SMI's own, through what is imported. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from trapline.mibs.module import BASE_TYPES, Definition, Kind, Module, Syntax

_TEXT_LENGTH: Final = 300
_KINDS: Final = {"scalar": Kind.SCALAR, "column": Kind.COLUMN, "row": Kind.ROW, "table": Kind.TABLE}
_SMI_NAMES: Final = {"Bits": "BITS", "ObjectIdentifier": "OBJECT IDENTIFIER", "OctetString": "OCTET STRING"}
# RFC 3584 section 3.1: the generic traps, which RFC 1215 defines under the enterprise `snmp`.
_GENERIC_V1: Final = "1.3.6.1.2.1.11.0."
_GENERIC_V2: Final = "1.3.6.1.6.3.1.1.5."


def resolve(
    name: str, document: Mapping[str, Any], known: Mapping[str, Module], *, file: str, repairs: tuple[str, ...]
) -> Module:
    """The module `name` of a document; `known`: what it imports from. A type that nobody defines stands for itself."""
    entries = [raw for raw in document.values() if isinstance(raw, dict) and "name" in raw]
    types = _Types(document, entries, known)
    definitions = {str(raw["name"]): _definition(raw, types) for raw in entries if "oid" in raw}
    return Module(
        name=name,
        file=file,
        repairs=repairs,
        types=types.own(),
        definitions=dict(sorted(definitions.items(), key=lambda item: [int(arc) for arc in item[1].oid.split(".")])),
    )


class _Types:
    """The types of one module, and those that it imports."""

    def __init__(self, document: Mapping[str, Any], entries: list[dict[str, Any]], known: Mapping[str, Module]) -> None:
        self._known = known
        self._home = {
            symbol: module
            for module, symbols in document["imports"].items()
            if isinstance(symbols, list)
            for symbol in symbols
        }
        self._raw = {str(raw["name"]): raw for raw in entries if raw.get("class") in {"textualconvention", "type"}}
        self._resolved: dict[str, Syntax] = {}

    def own(self) -> dict[str, Syntax]:
        return {name: self._named(name) for name in self._raw}

    def of(self, raw: Mapping[str, Any], *, hint: str = "") -> Syntax:
        """The syntax that stands in a definition."""
        name = _SMI_NAMES.get(raw["type"], str(raw["type"]))
        numbers: dict[str, int] = raw.get("bits") or raw.get("constraints", {}).get("enumeration", {})
        labels = {number: label for label, number in numbers.items()}
        parent = Syntax(name=name, base=name) if name in BASE_TYPES else self._named(name)
        return Syntax(name=name, base=parent.base, hint=hint or parent.hint, labels=labels or parent.labels)

    def _named(self, name: str) -> Syntax:
        if name in self._resolved:
            return self._resolved[name]
        # What is being resolved stands for itself meanwhile, so that a circle ends.
        self._resolved[name] = found = Syntax(name=name, base=name)
        module = self._known.get(self._home.get(name, ""))
        if name in self._raw:
            raw = self._raw[name]
            inner = self.of(raw["type"], hint=raw.get("displayhint", ""))
            found = Syntax(name=name, base=inner.base, hint=inner.hint, labels=inner.labels)
        elif module is not None and name in module.types:
            found = module.types[name]
        self._resolved[name] = found
        return found


def _definition(raw: Mapping[str, Any], types: _Types) -> Definition:
    kind = Kind.NOTIFICATION if raw["class"] == "notificationtype" else _KINDS.get(raw.get("nodetype", ""), Kind.NODE)
    oid = str(raw["oid"])
    if kind is Kind.NOTIFICATION and oid.startswith(_GENERIC_V1):
        oid = f"{_GENERIC_V2}{int(oid.removeprefix(_GENERIC_V1)) + 1}"
    text = " ".join(str(raw.get("description", "")).split())
    return Definition(
        oid=oid,
        kind=kind,
        syntax=types.of(raw["syntax"]) if kind.has_instances and "syntax" in raw else None,
        objects=tuple(str(each["object"]) for each in raw.get("objects", ())) if kind is Kind.NOTIFICATION else (),
        text=text if len(text) <= _TEXT_LENGTH else text[: _TEXT_LENGTH - 1] + "…",
    )
