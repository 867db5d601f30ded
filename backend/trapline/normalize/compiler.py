"""The fields of one rule, still YAML values with their places, to a Rule. Pure.

Each wrong thing becomes one line in `wrong`; a rule with something wrong is not made.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, NamedTuple, TypeVar

from trapline.document import Document
from trapline.normalize.rule import Choice, Condition, IncidentTexts, LinkTexts, Rule
from trapline.normalize.template import Text, compile_template
from trapline.protocol.alerts import EventKind
from trapline.protocol.canary import TARGET_TYPE
from trapline.protocol.errors import SettingError
from trapline.protocol.severity import Severity

V = TypeVar("V", EventKind, Severity, bool)
Fields = Mapping[str, Any]  # a Part, or for match and target the Parts inside
Resolve = Callable[[str, str], str]

TRAP_FIELDS: Final = ("source_addr", "agent_addr", "security_name", "engine_id", "trap_oid", "context_name")
_KEYS: Final = (
    "id", "like", "match", "target", "kind", "severity", "alert_key", "message", "reason",
    "occurred_text", "event_type", "root_cause", "incident", "links", "test_when",
)  # fmt: skip
_REQUIRED: Final = ("match", "target", "kind", "alert_key", "message", "reason")
_OID_OR_PREFIX: Final = re.compile(r"\d+(\.\d+)*(\.\*)?")
# A condition that is over is `kind: clear`; nothing can be raised as cleared.
_SEVERITIES: Final = {str(each): each for each in Severity if each is not Severity.CLEARED}
_KINDS: Final = {str(each): each for each in EventKind if each is not EventKind.WITHDRAW}  # a replay's own word
_BOOLEANS: Final = {"true": True, "false": False}


class Part(NamedTuple):
    """A value in a rule file, with its place."""

    document: Document
    place: str
    value: Any

    @property
    def line(self) -> int:
        return self.document.line(self.place)

    def at(self, key: str | int) -> "Part":
        place = f"{self.place}[{key}]" if isinstance(key, int) else f"{self.place}.{key}"
        return Part(self.document, place, self.value[key])

    @property
    def place_in_file(self) -> str:
        return f"{self.document.file}, line {self.line}"

    def says(self, sentence: str) -> str:
        return f"{self.place_in_file}: {sentence}"

    def fail(self, sentence: str) -> SettingError:
        return SettingError(self.says(sentence))


def compile_rule(
    rule_id: str, fields: Fields, own: Mapping[str, Part], resolve: Resolve, wrong: list[str]
) -> Rule | None:
    """A Rule; None when something was wrong, which is then in `wrong`. `own`: what the rule says itself."""
    before = len(wrong)
    compiler = _Compiler(resolve, wrong)
    where = own["id"]
    for key, part in own.items():
        if key not in _KEYS:
            wrong.append(part.says(f"rule {rule_id} has {key!r}, which means nothing; a rule has {', '.join(_KEYS)}"))
    needed = _REQUIRED if _is_always_clear(fields) else (*_REQUIRED, "severity")
    wrong.extend(where.says(f"rule {rule_id} lacks {key!r}") for key in needed if key not in fields)
    wrong.extend(
        fields[key].says(f"{key} of rule {rule_id} holds lines of `key: value`")
        for key in ("match", "target")
        if isinstance(fields.get(key), Part)
    )
    if len(wrong) > before:
        return None
    match, target = compiler.inner(fields, "match"), compiler.inner(fields, "target")
    compiler.known_keys("match", match, ("trap_oid", "sender", "security_name", "where"))
    compiler.known_keys("target", target, ("name", "type", "host"))
    for key, of, inner in (("trap_oid", "match", match), ("name", "target", target)):
        if key not in inner:
            wrong.append(where.says(f"{of} of rule {rule_id} lacks {key!r}"))
    exact, prefixes = compiler.run(compiler.trap_oids, match.get("trap_oid")) or (frozenset(), ())
    run, text = compiler.run, compiler.text
    severity = compiler.choice(fields.get("severity"), _SEVERITIES, "a severity")
    values: dict[str, Any] = {
        "trap_oids": exact,
        "trap_oid_prefixes": prefixes,
        "networks": run(compiler.networks, match.get("sender")) or (),
        "security_names": frozenset(run(compiler.texts, match.get("security_name")) or ()),
        "conditions": compiler.conditions(match.get("where")),
        "target_name": run(text, target.get("name")),
        "target_type": run(compiler.target_type, target["type"]) if "type" in target else SNMP_AGENT,
        "target_host": run(text, target.get("host")),
        "kind": compiler.choice(fields["kind"], _KINDS, "a kind"),
        "severity": severity or Choice(None, {}, Severity.CLEARED),
        "incident": compiler.incident(fields.get("incident")),
        "links": compiler.links(fields.get("links")),
        "test_when": compiler.conditions(fields.get("test_when")),
    }
    for key in ("alert_key", "message", "reason", "occurred_text", "event_type", "root_cause"):
        values[key] = run(text, fields.get(key))
    return Rule(id=rule_id, place=where.place_in_file, **values) if len(wrong) == before else None


SNMP_AGENT: Final = Text((compile_template("snmp_agent", str),))


def _is_always_clear(fields: Fields) -> bool:
    kind = fields.get("kind")
    return isinstance(kind, Part) and kind.value == EventKind.CLEAR


class _Compiler:
    """The pieces of a rule. `run` collects a piece's SettingError instead of raising it."""

    def __init__(self, resolve: Resolve, wrong: list[str]) -> None:
        self._resolve = resolve
        self._wrong = wrong

    def run(self, piece: Callable[[Part], Any], part: Part | None) -> Any:
        if part is None:
            return None
        try:
            return piece(part)
        except SettingError as error:
            self._wrong.append(str(error))
            return None

    def inner(self, fields: Fields, key: str) -> dict[str, Part]:
        parts: dict[str, Part] = fields[key]
        return parts

    def known_keys(self, of: str, parts: Mapping[str, Part], known: tuple[str, ...]) -> None:
        for key, part in parts.items():
            if key not in known:
                self._wrong.append(part.says(f"{of} has {key!r}, which means nothing; it has {', '.join(known)}"))

    def mapping(self, part: Part, known: tuple[str, ...], what: str) -> dict[str, Part]:
        if not isinstance(part.value, dict):
            raise part.fail(f"{what} holds lines of `key: value`")
        parts = {key: part.at(key) for key in part.value}
        self.known_keys(what, parts, known)
        return parts

    def key(self, name: str, part: Part) -> str:
        """The key of a varbind's name or of a field of the trap in `template.Values`."""
        if name.startswith("trap."):
            if name.removeprefix("trap.") not in TRAP_FIELDS:
                fields = ", ".join(f"trap.{field}" for field in TRAP_FIELDS)
                raise part.fail(f"{name} is no field of a trap; there are {fields}")
            return name
        try:
            return self._resolve(name, part.document.file)
        except ValueError as error:
            raise part.fail(str(error)) from error

    def texts(self, part: Part) -> list[str]:
        """One text or a list of them; numbers count as they are written."""
        items = part.value if isinstance(part.value, list) else [part.value]
        if not items or not all(isinstance(item, str | int) and not isinstance(item, bool) for item in items):
            raise part.fail(f"{part.value!r} is neither a text nor a list of texts; put it in quotes")
        return [str(item) for item in items]

    def text(self, part: Part) -> Text:
        try:
            return Text(tuple(compile_template(each, lambda name: self.key(name, part)) for each in self.texts(part)))
        except ValueError as error:
            raise part.fail(str(error)) from error

    def target_type(self, part: Part) -> Text:
        text = self.text(part)
        if TARGET_TYPE in text.source:
            raise part.fail(f"the target type {TARGET_TYPE!r} is ours, for canaries; choose another")
        return text

    def trap_oids(self, part: Part) -> tuple[frozenset[str], tuple[str, ...]]:
        """Exact OIDs, and prefixes with their last dot."""
        oids = self.texts(part)
        for oid in oids:
            if not _OID_OR_PREFIX.fullmatch(oid):
                raise part.fail(f"trap_oid {oid!r} is neither an OID nor the beginning of one with `.*` after it")
        prefixes = tuple(oid[:-1] for oid in oids if oid.endswith("*"))
        return frozenset(oid for oid in oids if not oid.endswith("*")), prefixes

    def networks(self, part: Part) -> tuple[IPv4Network | IPv6Network, ...]:
        try:
            return tuple(ip_network(each) for each in self.texts(part))
        except ValueError as error:
            raise part.fail(f"sender: {error}; write an address or a network such as 10.2.0.0/16") from error

    def conditions(self, part: Part | None) -> tuple[Condition, ...]:
        if part is None:
            return ()
        if not isinstance(part.value, dict):
            self._wrong.append(part.says("conditions are lines of `varbind: what it has to be`"))
            return ()
        made = [self.run(partial(self.condition, name), part.at(name)) for name in part.value]
        return tuple(condition for condition in made if condition is not None)

    def condition(self, name: str, part: Part) -> Condition:
        key = self.key(name, part)
        if not isinstance(part.value, dict):
            return Condition(name, key, accepted=frozenset(self.texts(part)))
        parts = self.mapping(part, ("equals", "in", "regex", "present"), f"the condition on {name}")
        if len(parts) != 1:
            raise part.fail(f"the condition on {name} has one of equals, in, regex, present")
        ((word, inner),) = parts.items()
        if word == "present":
            if not isinstance(inner.value, bool):
                raise inner.fail(f"present is {inner.value!r}; say true or false")
            return Condition(name, key, is_present=inner.value)
        if word == "regex":
            try:
                return Condition(name, key, pattern=re.compile(str(inner.value)))
            except re.error as error:
                raise inner.fail(f"regex {inner.value!r} cannot be read: {error}") from error
        return Condition(name, key, accepted=frozenset(self.texts(inner)))

    def choice(self, part: Part | None, words: Mapping[str, V], what: str) -> Choice[V] | None:
        made: Choice[V] | None = self.run(lambda inner: self._choice(inner, words, what), part)
        return made

    def _choice(self, part: Part, words: Mapping[str, V], what: str) -> Choice[V]:
        if not isinstance(part.value, dict):
            return Choice(None, {}, self._word(part, words, what))
        parts = self.mapping(part, ("by", "table", "else"), f"{what} by table")
        if "by" not in parts or "table" not in parts or not isinstance(parts["table"].value, dict):
            raise part.fail(f"{what} by table has `by: text`, `table: {{text: {what}}}` and perhaps `else: {what}`")
        rows = {key: self._word(parts["table"].at(key), words, what) for key in parts["table"].value}
        otherwise = self._word(parts["else"], words, what) if "else" in parts else None
        return Choice(self.text(parts["by"]), {key.casefold(): row for key, row in rows.items()}, otherwise)

    def _word(self, part: Part, words: Mapping[str, V], what: str) -> V:
        word = str(part.value)
        found = words.get(word.lower() if isinstance(part.value, bool) else word)
        if found is None:
            raise part.fail(f"{part.value!r} is not {what}; it is one of {', '.join(words)}")
        return found

    def incident(self, part: Part | None) -> IncidentTexts | None:
        made: IncidentTexts | None = self.run(self._incident, part)
        return made

    def _incident(self, part: Part) -> IncidentTexts:
        fields = ("id", "owner", "is_acknowledged", "status", "priority", "escalation")
        parts = self.mapping(part, fields, "incident")
        if "id" not in parts:
            raise part.fail("incident lacks 'id'")
        acknowledged = parts.pop("is_acknowledged", None)
        texts = {key: self.text(inner) for key, inner in parts.items() if key in fields}
        return IncidentTexts(**texts, is_acknowledged=self.choice(acknowledged, _BOOLEANS, "true or false"))

    def links(self, part: Part | None) -> tuple[LinkTexts, ...]:
        made: tuple[LinkTexts, ...] | None = self.run(self._links, part)
        return made or ()

    def _links(self, part: Part) -> tuple[LinkTexts, ...]:
        if not isinstance(part.value, list):
            raise part.fail("links is a list of {label: …, url: …}")
        links: list[LinkTexts] = []
        for index in range(len(part.value)):
            parts = self.mapping(part.at(index), ("label", "url"), "a link")
            if parts.keys() != {"label", "url"}:
                raise part.at(index).fail("a link has a label and a url")
            label, url = self.text(parts["label"]), self.text(parts["url"])
            links.append(LinkTexts(label.alternatives[-1], url.alternatives[-1]))
        return tuple(links)
