"""What vendors get wrong in MIBs and compilers refuse, put right: each repair takes a module's text (without comments)
and gives it back with a sentence for the user, or None when there was nothing to repair. Pure.

Quoted texts are never touched, and no line moves. A repair is tried only when a module does not compile without it.
"""

import re
from collections.abc import Callable
from typing import Final

from trapline.mibs import text as mib_text

Repair = Callable[[str], tuple[str, str] | None]

# Where the names are that vendors use without importing them (RFC 2578, 2579, 2580, 1155, 1212, 1213, 1215).
_HOMES: Final = {
    "SNMPv2-SMI": "MODULE-IDENTITY OBJECT-IDENTITY NOTIFICATION-TYPE Integer32 Counter32 Counter64 Gauge32 Unsigned32 "
    "TimeTicks IpAddress Opaque enterprises mib-2 experimental private mgmt internet transmission snmpModules "
    "zeroDotZero",
    "SNMPv2-TC": "TEXTUAL-CONVENTION DisplayString PhysAddress MacAddress TruthValue TestAndIncr AutonomousType "
    "RowPointer VariablePointer RowStatus TimeStamp TimeInterval DateAndTime StorageType TDomain TAddress "
    "InstancePointer",
    "SNMPv2-CONF": "MODULE-COMPLIANCE OBJECT-GROUP NOTIFICATION-GROUP AGENT-CAPABILITIES",
    "SNMP-FRAMEWORK-MIB": "SnmpAdminString SnmpEngineID",
    "IF-MIB": "InterfaceIndex InterfaceIndexOrZero",
    "RFC1155-SMI": "Counter Gauge NetworkAddress",
    "RFC-1215": "TRAP-TYPE",
}
_HOME_OF: Final = {symbol: module for module, symbols in _HOMES.items() for symbol in symbols.split()}
_CAPITAL_NAME: Final = re.compile(
    r"^[ \t]*([A-Z][\w-]*)[ \t]+(?:MODULE-IDENTITY|OBJECT-TYPE|OBJECT-IDENTITY|NOTIFICATION-TYPE|TRAP-TYPE)\b",
    re.MULTILINE,
)
_WORD: Final = re.compile(r'"[^"]*"|[A-Za-z][\w-]*')
_DEFINED: Final = re.compile(r'"[^"]*"|\b([A-Za-z][\w-]*)(?:\s+OBJECT\s+IDENTIFIER|\s+[A-Z][A-Z-]+)?\s*::=')


def missing_imports(text: str) -> tuple[str, str] | None:
    """Well-known names that are used and neither imported nor defined."""
    used = {word for word in _WORD.findall(text) if word in _HOME_OF}
    defined = {name for name in _DEFINED.findall(text) if name}
    imported = {symbol for symbols in mib_text.imports(text).values() for symbol in symbols}
    missing = sorted(used - defined - imported)
    if not missing:
        return None
    lines = " ".join(f"{symbol} FROM {_HOME_OF[symbol]}" for symbol in missing)
    if re.search(r"\bIMPORTS\b", text):
        repaired = re.sub(r"\bIMPORTS\b", f"IMPORTS {lines}", text, count=1)
    else:
        repaired = re.sub(r"::=\s*BEGIN\b", f"::= BEGIN IMPORTS {lines};", text, count=1)
    taken = ", ".join(f"{symbol} (taken from {_HOME_OF[symbol]})" for symbol in missing)
    return repaired, f"used without being imported: {taken}"


def _outside_strings(pattern: str, replacement: str, sentence: str) -> Repair:
    compiled = re.compile(rf'"[^"]*"|{pattern}')

    def repair(text: str) -> tuple[str, str] | None:
        lines: list[int] = []

        def replace(found: re.Match[str]) -> str:
            if found[0].startswith('"'):
                return found[0]
            lines.append(text.count("\n", 0, found.start()) + 1)
            made = found.expand(replacement)
            return made + "\n" * (found[0].count("\n") - made.count("\n"))

        repaired = compiled.sub(replace, text)
        if not lines:
            return None
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        return repaired, f"line {lines[0]}{more}: {sentence}"

    return repair


def sequence_commas(text: str) -> tuple[str, str] | None:
    """Commas between the columns of a SEQUENCE that were forgotten."""
    lines: list[int] = []

    def mend(found: re.Match[str]) -> str:
        if found[0].startswith('"'):
            return found[0]
        mended = re.sub(r"(?<=[\w)}])(?=\s+[a-z][\w-]*\s+[A-Z])", ",", found[0][found[0].index("{") + 1 :])
        mended = found[0][: found[0].index("{") + 1] + mended
        if mended != found[0]:
            lines.append(text.count("\n", 0, found.start()) + 1)
        return mended

    repaired = re.sub(r'"[^"]*"|\bSEQUENCE\s*\{[^{}"]*(?:\{[^{}"]*\}[^{}"]*)*\}', mend, text)
    return (repaired, f"line {lines[0]}: commas between the columns of a SEQUENCE are put in") if lines else None


def missing_end(text: str) -> tuple[str, str] | None:
    """The END of a module that was cut off."""
    if re.search(r"\bEND\s*$", text):
        return None
    return f"{text.rstrip()} END\n", "the module's END is missing and put in"


def capital_names(text: str) -> tuple[str, str] | None:
    """Names of things that begin with a capital, as only types may; a name that is a type's too stays as it is."""
    bare = re.sub(r'"[^"]*"', '""', text)
    types = set(re.findall(r"([A-Z][\w-]*)\s*::=", bare)) | set(re.findall(r"\bSEQUENCE\s+OF\s+([A-Z][\w-]*)", bare))
    names = sorted(set(_CAPITAL_NAME.findall(bare)) - types - {"IMPORTS", "EXPORTS"})
    if not names:
        return None
    pattern = re.compile(rf'"[^"]*"|(?<![\w-])(?:{"|".join(map(re.escape, names))})(?![\w-])')
    repaired = pattern.sub(lambda found: found[0][0].lower() + found[0][1:], text)
    return repaired, f"read with a small letter: {', '.join(names[:5])}{' and more' if len(names) > 5 else ''}"


REPAIRS: Final[tuple[Repair, ...]] = (
    missing_imports,
    _outside_strings(r",(\s*[};])", r"\1", "a comma before a closing brace is left out"),
    _outside_strings(r"(\bENTERPRISE\s*)\{\s*([\w-]+)\s*\}", r"\1\2", "the braces around an ENTERPRISE are left out"),
    sequence_commas,
    missing_end,
    _outside_strings(
        r"\b([A-Za-z][\w-]*?)-+(\s*\(\s*-?\d+\s*\))", r"\1\2", "the hyphen at the end of a label is left out"
    ),
    _outside_strings(r"(?<=[A-Za-z0-9])_+(?=[A-Za-z0-9])", "-", "an underscore in a name is read as a hyphen"),
    _outside_strings(
        r'\bDEFVAL\s*\{[^{}"]*(?:\{[^{}"]*\}[^{}"]*)?\}', "", "a DEFVAL that does not fit its type is left out"
    ),
    capital_names,
)
