"""Test cases in rule files (section `tests`): a trap as YAML, and what the rules have to make of it. Pure.

    tests:
      - name: the UPS goes to battery
        trap: {trap_oid: 1.3.6.1.4.1.99999.0.1, varbinds: {upsName: ups-1, upsState: on battery}}
        expect: {rule: ups, kind: raise, severity: minor, target: "ups:ups-1"}
      - name: a UPS without a name is somebody else's
        like: the UPS goes to battery
        trap: {varbinds: {upsName: ""}}
        expect: {unmatched: names no target}

What is not in `expect` is not looked at. `like` takes over another case's trap of the same file, varbind by varbind.
docs/rules.md explains every word.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from trapline.mibs.names import Mibs
from trapline.normalize import language
from trapline.normalize.compiler import Names, Part
from trapline.normalize.match import match
from trapline.normalize.rulebook import NO_MIBS, RuleBook, RuleFile, oids_of, read
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.errors import SettingError
from trapline.protocol.traps import PduType, Trap, Varbind, Version

# All cases are received at this moment: what a rule says about time is counted from here.
RECEIVED_AT: Final = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_DEFAULTS: Final = {"source_addr": "192.0.2.1", "security_name": "public"}
_OID: Final = re.compile(language.OID)


class Case(NamedTuple):
    """One case: its trap, and what is expected, still with its places in the file."""

    name: str
    trap: Trap
    expect: Part


def read_cases(files: Iterable[RuleFile], mibs: Mibs = NO_MIBS) -> list[Case]:
    """The cases of all files; names mean what they mean to the rules. Raises SettingError that lists what is wrong."""
    wrong: list[str] = []
    documents, names = read(files, wrong, mibs)
    cases: list[Case] = []
    for document in documents:
        section = Part(document, "$.tests", document.values.get("tests") or [])
        earlier: dict[str, Part] = {}
        if not isinstance(section.value, list):
            wrong.append(section.says("tests is a list, each case begins with `- name: …`"))
            continue
        for index in range(len(section.value)):
            try:
                cases.append(_case(section.at(index), earlier, names))
            except SettingError as error:
                wrong.append(str(error))
    if wrong:
        raise SettingError("\n".join(wrong))
    return cases


def failures(case: Case, rulebook: RuleBook) -> list[str]:
    """What is not as expected, one sentence each, with file and line; empty when all is."""
    decided = match(case.trap, rulebook)
    expect = case.expect
    if isinstance(decided, str):
        if "unmatched" not in expect.value:
            return [expect.says(f"{case.name}: no event, because {decided}")]
        wanted = expect.at("unmatched")
        if wanted.value is True or wanted.value in decided:
            return []
        return [wanted.says(f"{case.name}: unmatched says {decided!r}, wanted {wanted.value!r} in it")]
    if "unmatched" in expect.value:
        said = f"rule {decided.rule_id} took it ({decided.kind} {decided.severity} {decided.target.id})"
        return [expect.at("unmatched").says(f"{case.name}: {said}, wanted no rule to")]
    return [
        part.says(f"{case.name}: {what} is {got!r}, wanted {part.value!r}")
        for what, part, got in _differences("", expect, _fields(decided))
    ]


def _fields(event: AlertEvent) -> dict[str, Any]:
    """The event as `expect` names it."""
    fields = {key: msgspec.to_builtins(getattr(event, key)) for key in language.CASE_EXPECT if hasattr(event, key)}
    fields["rule"] = event.rule_id
    if event.expires_at is not None:
        fields["expires_at"] = f"{int((event.expires_at - event.received_at).total_seconds())}s"
    return fields


def _differences(what: str, wanted: Part, got: Any) -> Iterable[tuple[str, Part, Any]]:
    """(field, what is wanted, what is there) wherever they differ."""
    if isinstance(wanted.value, dict):
        if wanted.value.keys() == {"regex"}:
            if not isinstance(got, str) or not re.search(str(wanted.value["regex"]), got):
                yield what, wanted, got
        elif not isinstance(got, dict):
            yield what, wanted, got
        else:
            for key in wanted.value:
                yield from _differences(f"{what}.{key}" if what else key, wanted.at(key), got.get(key))
    elif what == "target" and isinstance(got, dict):
        if f"{got['type']}:{got['name']}" != wanted.value:
            yield what, wanted, f"{got['type']}:{got['name']}"
    elif isinstance(wanted.value, list) and isinstance(got, tuple) and len(got) == len(wanted.value):
        for index, item in enumerate(got):
            yield from _differences(f"{what}[{index}]", wanted.at(index), item)
    elif wanted.value != (list(got) if isinstance(got, tuple) else got) and not (
        isinstance(got, str) and str(wanted.value) == got
    ):
        yield what, wanted, list(got) if isinstance(got, tuple) else got


def _case(raw: Part, earlier: dict[str, Part], names: Names) -> Case:
    parts = _mapping(raw, language.CASE, "a case")
    if not isinstance(name := raw.value.get("name"), str) or not name:
        raise raw.fail("a case begins with its name, a text of your choice: `- name: the UPS goes to battery`")
    if name in earlier:
        raise raw.fail(f"case {name!r} is here a second time, the first is in line {earlier[name].line}")
    trap, varbinds = _trap(raw, earlier)
    earlier[name] = raw
    if "expect" not in parts or not _mapping(parts["expect"], language.CASE_EXPECT, "expect"):
        raise raw.fail(f"case {name!r} expects nothing; say what, for example `expect: {{kind: raise}}`")
    if (unmatched := raw.value["expect"].get("unmatched", True)) is not True and not isinstance(unmatched, str):
        raise parts["expect"].at("unmatched").fail(f"unmatched is {unmatched!r}; say true, or words of the reason")
    _regexes(parts["expect"])
    return Case(name, _made(raw, trap, varbinds, names), parts["expect"])


def _trap(raw: Part, earlier: Mapping[str, Part]) -> tuple[dict[str, Part], dict[str, Part]]:
    """The trap's fields and its varbinds, those of the case that this one is like included."""
    trap: dict[str, Part] = {}
    varbinds: dict[str, Part] = {}
    if "like" in raw.value:
        like = raw.at("like")
        if not isinstance(like.value, str) or like.value not in earlier:
            raise like.fail(f"no case {like.value!r} stands before this one in the file")
        trap, varbinds = _trap(earlier[like.value], earlier)
    if "trap" in raw.value:
        own = _mapping(raw.at("trap"), language.CASE_TRAP, "trap")
        if "varbinds" in own:
            inner = own.pop("varbinds")
            varbinds = varbinds | _mapping(inner, None, "varbinds")
        trap = trap | own
    return trap, varbinds


def _made(raw: Part, parts: Mapping[str, Part], varbinds: Mapping[str, Part], names: Names) -> Trap:
    texts = {key: _text(part) for key, part in parts.items()}
    v1 = {key: _number(parts[key]) for key in ("generic", "specific") if key in parts}
    if ("trap_oid" in texts) == ("enterprise" in texts):
        raise raw.fail("a trap has either trap_oid, or, as SNMPv1 has it, enterprise, generic and specific")
    if "enterprise" in texts:
        generic, specific = v1.get("generic", 6), v1.get("specific", 0)
        if not _OID.fullmatch(texts["enterprise"]) or generic not in range(7) or specific not in range(2**31):
            raise raw.fail("enterprise is an OID, generic a number from 0 to 6, specific one from 0 to 2147483647")
        # RFC 3584 section 3.1
        mapped = f"{texts['enterprise']}.0.{specific}" if generic == 6 else f"1.3.6.1.6.3.1.1.5.{generic + 1}"
        version: dict[str, Any] = {
            "version": Version.V1,
            "pdu_type": PduType.TRAP_V1,
            "trap_oid": mapped,
            "enterprise_oid": texts["enterprise"],
            "generic_trap": generic,
            "specific_trap": specific,
        }
    else:
        v3 = "engine_id" in texts
        version = {
            "version": Version.V3 if v3 else Version.V2C,
            "pdu_type": PduType.TRAP_V2,
            "trap_oid": _trap_oid(parts["trap_oid"], names),
        }
    sender = ("source_addr", "agent_addr", "security_name", "engine_id", "context_name")
    given: dict[str, Any] = _DEFAULTS | {key: texts[key] for key in sender if key in texts}
    return Trap(
        trap_id="0" * 32,
        received_at=RECEIVED_AT,
        source_port=162,
        **given,
        **version,
        varbinds=tuple(_varbinds(varbinds, names)),
    )


def _trap_oid(part: Part, names: Names) -> str:
    if _OID.fullmatch(str(part.value)):
        return str(part.value)
    try:
        return names.trap_oid(str(part.value))
    except ValueError as error:
        raise part.fail(str(error)) from error


def _varbinds(parts: Mapping[str, Part], names: Names) -> Iterable[Varbind]:
    """The varbinds; of a range of varbinds that hold `name=value` the next free one for each attribute."""
    free: dict[str, list[str]] = {}
    for name, part in parts.items():
        if not name.endswith("]"):
            yield _varbind(name, part, names)
            continue
        try:
            oid_range, _, attribute = names.key(name, part.document.file)[:-1].partition("[")
        except ValueError as error:
            raise part.fail(str(error)) from error
        oids = free.setdefault(oid_range, oids_of(oid_range))
        if not oids:
            raise part.fail(f"{name} is more than {oid_range} has varbinds for")
        yield Varbind(oid=oids.pop(0), syntax="OCTET STRING", value=f"{attribute}={part.value}")


def _varbind(name: str, part: Part, names: Names) -> Varbind:
    """`name: value`, `OID: value` or with the instance `name.7: value`; `{hex: 07ea…}` for octets that are no text."""
    oid = name
    if not _OID.fullmatch(name):
        column, dot, instance = name.partition(".")
        try:
            oid = f"{names.key(column, part.document.file)}{dot}{instance}"
        except ValueError as error:
            raise part.fail(str(error)) from error
    value = part.value
    if isinstance(value, dict) and value.keys() == {"hex"}:
        octets = _text(part.at("hex"))
        if not re.fullmatch("([0-9a-fA-F]{2})*", octets):
            raise part.fail(f"hex is {octets!r}; write two digits for each octet, in quotes")
        return Varbind(oid=oid, syntax="OCTET STRING", value=octets, is_hex=True)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise part.fail(f"{name} is {value!r}, neither a text nor a whole number; put it in quotes")
    return Varbind(oid=oid, syntax="Integer32" if isinstance(value, int) else "OCTET STRING", value=value)


def _text(part: Part) -> str:
    if isinstance(part.value, bool) or not isinstance(part.value, str | int):
        raise part.fail(f"{part.value!r} is neither a text nor a whole number; put it in quotes")
    return str(part.value)


def _number(part: Part) -> int:
    if isinstance(part.value, bool) or not isinstance(part.value, int):
        raise part.fail(f"{part.value!r} is no whole number")
    return part.value


def _mapping(part: Part, known: tuple[str, ...] | None, what: str) -> dict[str, Part]:
    if not isinstance(part.value, dict):
        raise part.fail(f"{what} holds lines of `key: value`")
    for key in part.value:
        if known is not None and key not in known:
            raise part.at(key).fail(f"{what} has {key!r}, which means nothing; it has {', '.join(known)}")
    return {key: part.at(key) for key in part.value}


def _regexes(part: Part) -> None:
    """Fails at a regex that cannot be read."""
    if isinstance(part.value, dict):
        for key in part.value:
            _regexes(part.at(key))
        if part.value.keys() == {"regex"}:
            try:
                re.compile(str(part.value["regex"]))
            except re.error as error:
                raise part.fail(f"regex {part.value['regex']!r} cannot be read: {error}") from error
    elif isinstance(part.value, list):
        for index in range(len(part.value)):
            _regexes(part.at(index))
