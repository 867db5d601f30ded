"""A trap's varbinds as people read them: names, labels, display hints (RFC 2579 section 3.1). Pure.

    readable(trap.varbinds, mibs) -> ["ifIndex.3 = 3", "ifAdminStatus.3 = down(2)", ...]

Whatever no MIB knows stays as it came: an OID in numbers, octets in hex. A value is never left out, and a line break
inside one is shown as a space, so that each varbind is one line.
"""

from collections.abc import Iterable
from typing import Final

from trapline.mibs.hint import integer, octets
from trapline.mibs.module import Kind, Syntax
from trapline.mibs.names import Mibs
from trapline.protocol.traps import Varbind

_LINE: Final = 500


def readable(varbinds: Iterable[Varbind], mibs: Mibs) -> list[str]:
    """A line for each varbind, in order: `name.instance = value`."""
    lines = (" ".join(f"{name_of(each.oid, mibs)} = {value_of(each, mibs)}".splitlines()) for each in varbinds)
    return [line if len(line) <= _LINE else line[: _LINE - 1] + "…" for line in lines]


def name_of(oid: str, mibs: Mibs) -> str:
    """`ifDescr.3` for an instance of an object, a definition's own name, otherwise the OID."""
    named = mibs.named(oid)
    if named is None or (named.instance and not named.definition.kind.has_instances):
        return oid
    # The one instance of a scalar says nothing.
    return named.name if named.definition.kind is Kind.SCALAR and named.instance == "0" else named.text


def value_of(varbind: Varbind, mibs: Mibs) -> str:
    """The value with its label, unit of time or display hint."""
    named = mibs.named(varbind.oid)
    syntax = named.definition.syntax if named is not None else None
    value = varbind.value
    if value is None:
        return varbind.syntax
    if isinstance(value, int):
        return _number(varbind.syntax, value, syntax)
    if varbind.syntax == "OBJECT IDENTIFIER":
        name = name_of(value, mibs)
        return value if name == value else f"{name} ({value})"
    if varbind.syntax == "OCTET STRING" and syntax is not None:
        shown = _octets(value, syntax, is_hex=varbind.is_hex)
        if shown is not None:
            return shown
    return f"0x{value}" if varbind.is_hex else value


def _number(wire: str, value: int, syntax: Syntax | None) -> str:
    if syntax is not None and value in syntax.labels:
        return f"{syntax.labels[value]}({value})"
    if wire == "TimeTicks":
        minutes, hundredths = divmod(value, 6000)
        days, minutes = divmod(minutes, 1440)
        return f"{days} d {minutes // 60:02}:{minutes % 60:02}:{hundredths / 100:05.2f} ({value})"
    return str(value) if syntax is None else integer(value, syntax.hint)


def _octets(value: str, syntax: Syntax, *, is_hex: bool) -> str | None:
    try:
        raw = bytes.fromhex(value) if is_hex else value.encode()
    except ValueError:
        return None
    return _bits(raw, syntax) if syntax.base == "BITS" else octets(raw, syntax.hint)


def _bits(raw: bytes, syntax: Syntax) -> str:
    """RFC 2578 section 7.1.4: bit 0 is the highest of the first octet."""
    numbers = [index * 8 + bit for index, octet in enumerate(raw) for bit in range(8) if octet & (0x80 >> bit)]
    return ", ".join(f"{syntax.labels.get(number, 'bit')}({number})" for number in numbers) or "no bit"
