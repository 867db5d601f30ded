"""A compiled module as the shortest ASN.1 that others can import from: what a compiler is given for an import. Pure."""

import re
from typing import Final

from trapline.mibs.module import INTEGERS, OCTETS, Module, Syntax

_LABEL: Final = re.compile(r"[a-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")


def as_asn1(module: Module) -> str:
    """The module's names and types; nothing else of it can be imported."""
    lines = [f"{module.name} DEFINITIONS ::= BEGIN"]
    lines.extend(f"{name} ::= {_syntax(syntax)}" for name, syntax in module.types.items())
    lines.extend(
        f"{name} OBJECT IDENTIFIER ::= {{ {definition.oid.replace('.', ' ')} }}"
        for name, definition in module.definitions.items()
    )
    if len(lines) == 1:
        # A module of macros only (RFC-1212): macros are the compiler's own, but it refuses a module without anything.
        lines.append("nothing OBJECT IDENTIFIER ::= { 0 0 }")
    lines.append("END")
    return "\n".join(lines)


def _syntax(syntax: Syntax) -> str:
    if syntax.labels or syntax.base == "BITS":
        # Labels matter to an import for default values only; what the standard forbids would break the stub.
        labels = ", ".join(f"{label}({number})" for number, label in syntax.labels.items() if _LABEL.fullmatch(label))
        return f"{'BITS' if syntax.base == 'BITS' else 'INTEGER'} {{ {labels or 'none(0)'} }}"
    # The compiler knows SMI's own types by name; as stubs of themselves they would be circular.
    return "INTEGER" if syntax.base in INTEGERS else "OCTET STRING" if syntax.base in OCTETS else syntax.base
