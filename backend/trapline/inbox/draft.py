"""A rule to start from, made from a real trap: YAML that `trapline rules test` accepts, with its test case. Pure.

It is right as it stands and says little: what names the target, how bad it is and what ends it is for people to say.
Where other rules are for the same trap OID, the draft is for traps like this one only: a site's rule decides before
them.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from trapline.mibs.names import Mibs
from trapline.mibs.readable import name_of
from trapline.protocol.traps import Trap, Unmatched, Varbind

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_OID: Final = re.compile(r"\d+(\.\d+)+")
_NO_RULE: Final = "no rule is for"
_UNSPECIFIED: Final = frozenset({"0.0.0.0", "::", None})  # noqa: S104  (compared with, never bound)
_IN_MESSAGE: Final = 4
_LIKE_THIS: Final = 2
_SHORT: Final = 80


def draft(unmatched: Unmatched, mibs: Mibs) -> str:
    """The file."""
    trap = unmatched.trap
    varbinds = list({each.oid: each for each in reversed(trap.varbinds) if _OID.fullmatch(each.oid)}.values())[::-1]
    columns = _columns(varbinds, mibs)
    return (
        "\n".join([*_head(unmatched), *_rule(unmatched, varbinds, columns, mibs), *_case(trap, varbinds, mibs)]) + "\n"
    )


def _head(unmatched: Unmatched) -> Iterator[str]:
    trap = unmatched.trap
    yield f"# A rule to start from, made from the trap of {trap.source_addr} at {trap.received_at:%Y-%m-%d %H:%M:%S}Z."
    yield "# Say what it is about (target), how bad it is (severity) and what ends it. Then: trapline rules test FILE,"
    yield "# put it into the site's rules/, start normalize again, trapline replay --from all --unmatched --rules."
    if not unmatched.reason.startswith(_NO_RULE):
        yield "# Other rules are for this trap OID; this one decides before them, so it takes only traps like this one."
        yield f"# {' '.join(unmatched.reason.split())[:1_000]}"


def _rule(unmatched: Unmatched, varbinds: list[Varbind], columns: dict[str, str], mibs: Mibs) -> Iterator[str]:
    trap = unmatched.trap
    if columns:
        yield "varbinds:"
        yield from (f"  {name}: {_oid(oid)}" for name, oid in columns.items())
        yield ""
    name = name_of(trap.trap_oid, mibs)
    said = ", ".join(f"{each} ${{{each}}}" for each in list(columns)[:_IN_MESSAGE])
    yield "rules:"
    yield f"  - id: {_rule_id(trap, mibs)}"
    yield "    match:"
    yield f"      trap_oid: {_oid(trap.trap_oid)}"
    yield from _where(unmatched, varbinds)
    yield "    target:"
    yield f'      name: "{_target(trap)}"   # better what a varbind names: a trap may come through others'
    yield "    kind: raise                 # its clear is a second rule, `like` this one, with `kind: clear`"
    yield "    severity: warning           # indeterminate, warning, minor, major, critical"
    yield f"    alert_key: {_quoted(name)}"
    yield f"    message: {_quoted(f'{name}: {said}' if said else name)}"
    yield f"    reason: {_quoted(f'{name} came')}"
    yield ""


def _where(unmatched: Unmatched, varbinds: list[Varbind]) -> Iterator[str]:
    if unmatched.reason.startswith(_NO_RULE):
        return
    like_this = [
        (each.oid, text)
        for each in varbinds
        if not each.is_hex and (text := _stripped(each)) and len(text) <= _SHORT and text.isprintable()
    ]
    if like_this:
        yield "      where:"
        yield from (f"        {_oid(oid)}: {_quoted(text)}" for oid, text in like_this[:_LIKE_THIS])


def _case(trap: Trap, varbinds: list[Varbind], mibs: Mibs) -> Iterator[str]:
    has_agent = trap.agent_addr not in _UNSPECIFIED
    yield "tests:"
    yield "  - name: as it came"
    yield "    trap:"
    yield f"      trap_oid: {_oid(trap.trap_oid)}"
    yield f"      source_addr: {_quoted(trap.source_addr)}"
    if has_agent:
        yield f"      agent_addr: {_quoted(trap.agent_addr or '')}"
    yield f"      security_name: {_quoted(trap.security_name)}"
    if varbinds:
        yield "      varbinds:"
        yield from (f"        {_oid(each.oid)}: {_value(each)}" for each in varbinds)
    target = (trap.agent_addr if has_agent else trap.source_addr) or ""
    yield "    expect:"
    yield f"      rule: {_rule_id(trap, mibs)}"
    yield "      kind: raise"
    yield "      severity: warning"
    yield f"      target: {_quoted(f'snmp_agent:{target}')}"


def _columns(varbinds: Iterable[Varbind], mibs: Mibs) -> dict[str, str]:
    """Names for the varbinds: the MIB's, else by number; with the column's OID where a MIB knows it."""
    columns: dict[str, str] = {}
    for number, varbind in enumerate(varbinds, 1):
        named = mibs.named(varbind.oid)
        name, oid = f"varbind{number}", varbind.oid
        if named is not None and named.definition.kind.has_instances and _NAME.fullmatch(named.name):
            name, oid = named.name, named.definition.oid
        if oid not in columns.values():
            columns[name if name not in columns else f"{name}_{number}"] = oid
    return columns


def _target(trap: Trap) -> str:
    return "${trap.source_addr}" if trap.agent_addr in _UNSPECIFIED else "${trap.agent_addr|trap.source_addr}"


def _rule_id(trap: Trap, mibs: Mibs) -> str:
    name = name_of(trap.trap_oid, mibs)
    return f"draft-{name if _NAME.fullmatch(name) else trap.trap_oid.replace('.', '-')}"


def _stripped(varbind: Varbind) -> str:
    return varbind.value.strip("\0 \t\r\n") if isinstance(varbind.value, str) else ""


def _oid(oid: str) -> str:
    return oid if oid.count(".") > 1 else _quoted(oid)  # to YAML 1.3 is a number


def _value(varbind: Varbind) -> str:
    if isinstance(varbind.value, int):
        return str(varbind.value)
    if varbind.is_hex:
        return f"{{hex: {_quoted(varbind.value or '')}}}"
    return _quoted(varbind.value or "")


def _quoted(text: str) -> str:
    """A double-quoted scalar of YAML 1.1."""
    return '"' + "".join(map(_character, text)) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"
