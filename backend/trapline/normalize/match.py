"""A trap and the rules give an event, or the reason why not. Pure.

Rules of this file:
- The first rule that matches decides. What it cannot make (no target, no severity) makes the trap unmatched, with
  the reason; no later rule is tried, because a wrong target is worse than one in the inbox.
- Texts are taken as they came, without white space and NULs around them. OEM writes in the locale of its host, and
  cuts octets where its packet ends: a text that ends within a character ends with … instead; other octets that are
  not UTF-8 are read as Windows-1252 when that gives text.
- A clear has severity cleared and maintenance none to speak of, whatever else the rule says.
- Long texts are cut, because a status holds many of them; the trap keeps the whole.
"""

from hashlib import sha256
from typing import Final

from trapline.normalize.properties import properties_of
from trapline.normalize.rule import Choice, IncidentTexts, Rule, V, hold
from trapline.normalize.rulebook import RuleBook
from trapline.normalize.template import Text, Values
from trapline.protocol.alerts import AlertEvent, EventKind, Incident, Link, Provenance, Target
from trapline.protocol.canary import is_canary
from trapline.protocol.severity import Severity
from trapline.protocol.traps import Trap, Varbind

MESSAGE_LENGTH: Final = 1_000
TEXT_LENGTH: Final = 500
_PADDING: Final = "\0 \t\r\n"
_KEY_HEAD: Final = 200
_URL_LENGTH: Final = 2_000
_SEVERITY_OF: Final = {
    EventKind.CLEAR: Severity.CLEARED,
    EventKind.MAINTENANCE_START: Severity.INDETERMINATE,
    EventKind.MAINTENANCE_END: Severity.INDETERMINATE,
}
_THAT_LAST: Final = frozenset({EventKind.RAISE, EventKind.MAINTENANCE_START})
_UNSPECIFIED: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104  (compared with, never bound)


def match(trap: Trap, rulebook: RuleBook) -> AlertEvent | str:
    """The event that a trap is, or one sentence why no rule took it."""
    candidates = rulebook.candidates(trap.trap_oid)
    if not candidates:
        return f"no rule is for the trap OID {trap.trap_oid}"
    values = read_values(trap, rulebook)
    for rule in candidates:
        if rule.takes(trap, values):
            return _event(trap, rule, values)
    objections = "; ".join(f"{rule.id} {rule.objection(trap, values)}" for rule in candidates)
    return f"no rule for the trap OID {trap.trap_oid} matches: {objections}"


def read_values(trap: Trap, rulebook: RuleBook) -> Values:
    """What the rules can see of a trap: texts by column OID and by `trap.` field. Of two varbinds the first counts."""
    columns, attributes = rulebook.columns, rulebook.attributes
    values: dict[str, str] = {}
    for varbind in trap.varbinds:
        column = columns[varbind.oid]
        if column is None or column in values:
            continue
        value = varbind.value
        # Nearly all are plain texts, and many of OEM's 76 are empty.
        text = value.strip(_PADDING) if type(value) is str and not varbind.is_hex else text_of(varbind)
        values[column] = text
        if text and column in attributes:
            name, _, meant = text.partition("=")
            key = attributes[column].get(name.strip().casefold())
            if key is not None and key not in values:
                values[key] = meant.strip()
    values["trap.source_addr"] = trap.source_addr
    # A v1 sender that does not know its own address says 0.0.0.0.
    values["trap.agent_addr"] = "" if trap.agent_addr in _UNSPECIFIED else trap.agent_addr or ""
    values["trap.security_name"] = trap.security_name
    values["trap.engine_id"] = trap.engine_id or ""
    values["trap.context_name"] = trap.context_name or ""
    values["trap.trap_oid"] = trap.trap_oid
    return values


def text_of(varbind: Varbind) -> str:
    """A varbind's value as text; octets that are no text in any way stay hex."""
    value = varbind.value
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if varbind.is_hex:
        value = _text_of_octets(value)
    return value.strip(_PADDING)


def _text_of_octets(value: str) -> str:
    try:
        octets = bytes.fromhex(value).rstrip(b"\0")
    except ValueError:
        return value
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        cut_off = error.reason == "unexpected end of data" and error.end == len(octets)
        text = f"{octets[: error.start].decode()}…" if cut_off else octets.decode("cp1252", "replace")
    is_text = all(character.isprintable() or character in "\t\r\n" for character in text.replace("\0", ""))
    return text.replace("\0", "") if is_text and "\ufffd" not in text else value


def _event(trap: Trap, rule: Rule, values: Values) -> AlertEvent | str:
    name = rule.target_name.render(values)
    if not name:
        return f"rule {rule.id} matches, but the trap names no target: {rule.target_name.source} is empty"
    target_type = rule.target_type.render(values)
    for what, text in (("name", name), ("type", target_type)):
        if len(text) > TEXT_LENGTH:
            return f"rule {rule.id} matches, but the target's {what} has {len(text)} characters, over {TEXT_LENGTH}"
    host = _optional(rule.target_host, values)
    target = Target(name=name, type=target_type, host=host, properties=properties_of(rule, values))
    if is_canary(target.id):
        return f"rule {rule.id} matches, but the target type {target_type!r} is Trapline's own: only a canary has it"
    kind, kind_note = _choose("kind", rule.kind, values)
    if kind is None:
        return f"rule {rule.id} matches, but {kind_note}"
    severity, severity_note = _SEVERITY_OF.get(kind), None
    if severity is None:
        severity, severity_note = _choose("severity", rule.severity, values)
        if severity is None:
            return f"rule {rule.id} matches, but {severity_note}"
    key = rule.alert_key.render(values)
    if not key:
        return f"rule {rule.id} matches, but its alert_key is empty: {rule.alert_key.source}"
    return AlertEvent(
        trap_id=trap.trap_id,
        kind=kind,
        target=target,
        alert_key=_short_key(key),
        severity=severity,
        message=_cut(rule.message.render(values), MESSAGE_LENGTH),
        received_at=trap.received_at,
        occurred_text=_optional(rule.occurred_text, values),
        rule_id=rule.id,
        reason=_cut("; ".join(filter(None, (rule.reason.render(values), kind_note, severity_note))), TEXT_LENGTH),
        provenance=Provenance(
            trap_oid=trap.trap_oid,
            source_addr=trap.source_addr,
            security_name=trap.security_name,
            engine_id=trap.engine_id,
        ),
        event_type=_optional(rule.event_type, values),
        incident=_incident(rule.incident, values),
        root_cause=_optional(rule.root_cause, values),
        links=_links(rule, values),
        caveats=tuple(
            _cut(caveat.say.render(values), TEXT_LENGTH) for caveat in rule.caveats if hold(caveat.when, values)
        ),
        expires_at=trap.received_at + rule.expires_after if rule.expires_after and kind in _THAT_LAST else None,
        is_test=hold(rule.test_when, values),
    )


def _choose(what: str, choice: Choice[V], values: Values) -> tuple[V | None, str | None]:
    """The value, and a note when no row of the table knew the text."""
    value, unknown = choice.take(values)
    if unknown is None:
        return value, None
    return value, f"no row of its {what} is for {unknown!r}" + ("" if value is None else f", so {value}")


def _optional(text: Text | None, values: Values) -> str | None:
    return None if text is None else _cut(text.render(values), TEXT_LENGTH) or None


def _incident(texts: IncidentTexts | None, values: Values) -> Incident | None:
    if texts is None or not (incident_id := texts.id.render(values)):
        return None
    return Incident(
        id=_cut(incident_id, TEXT_LENGTH),
        owner=_optional(texts.owner, values),
        is_acknowledged=texts.is_acknowledged.take(values)[0] if texts.is_acknowledged else None,
        status=_optional(texts.status, values),
        priority=_optional(texts.priority, values),
        escalation=_optional(texts.escalation, values),
    )


def _links(rule: Rule, values: Values) -> tuple[Link, ...]:
    # Only pages: a trap must not put a javascript: address under an operator's mouse. Half an address is none.
    return tuple(
        Link(label=link.label.render(values)[:TEXT_LENGTH], url=url)
        for link in rule.links
        if (url := link.url.render(values)).startswith(("https://", "http://")) and len(url) <= _URL_LENGTH
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _short_key(key: str) -> str:
    """Keys stay different when they are shortened: the end is replaced by a digest of the whole."""
    if len(key) <= TEXT_LENGTH:
        return key
    return f"{key[:_KEY_HEAD]}…{sha256(key.encode()).hexdigest()[:32]}"
