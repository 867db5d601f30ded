"""The fields of one rule, still YAML values with their places, to a Rule. Pure.

Each wrong thing becomes one line in `wrong`; a rule with something wrong is not made.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from trapline.document import Document
from trapline.normalize import language
from trapline.normalize.rule import Caveat, Choice, Condition, Conditions, IncidentTexts, LinkTexts, Renamed, Rule
from trapline.normalize.template import Template, Text, compile_expression, compile_template
from trapline.protocol.alerts import EventKind
from trapline.protocol.canary import TARGET_TYPE
from trapline.protocol.errors import SettingError
from trapline.protocol.severity import Severity
from trapline.site.duration import duration

V = TypeVar("V", EventKind, Severity, bool)
Fields = Mapping[str, Any]  # a Part, or for match and target the Parts inside

_OID_OR_PREFIX: Final = re.compile(language.OID_OR_PREFIX)


class Names(Protocol):
    """What names mean, as a file sees them. All raise ValueError with one sentence."""

    def key(self, name: str, file: str) -> str:
        """The key of a varbind's name, an OID or `name[attribute]` in `template.Values`."""

    def table(self, name: str) -> Mapping[str, str]:
        """A table of texts from the sections `tables`."""

    def trap_oid(self, name: str) -> str:
        """The OID of a notification that a MIB names."""


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


def compile_rule(rule_id: str, fields: Fields, own: Mapping[str, Part], names: Names, wrong: list[str]) -> Rule | None:
    """A Rule; None when something was wrong, which is then in `wrong`. `own`: what the rule says itself."""
    before = len(wrong)
    compiler = _Compiler(names, wrong)
    where = own["id"]
    for key, part in own.items():
        if key not in language.RULE:
            said = ", ".join(language.RULE)
            wrong.append(part.says(f"rule {rule_id} has {key!r}, which means nothing; a rule has {said}"))
    kind = fields.get("kind")
    needs_severity = not isinstance(kind, Part) or kind.value not in language.WITHOUT_SEVERITY
    needed = (*language.REQUIRED, "severity") if needs_severity else language.REQUIRED
    wrong.extend(where.says(f"rule {rule_id} lacks {key!r}") for key in needed if key not in fields)
    wrong.extend(
        fields[key].says(f"{key} of rule {rule_id} holds lines of `key: value`")
        for key in ("match", "target")
        if isinstance(fields.get(key), Part)
    )
    if len(wrong) > before:
        return None
    match, target = compiler.inner(fields, "match"), compiler.inner(fields, "target")
    compiler.known_keys("match", match, language.MATCH)
    compiler.known_keys("target", target, language.TARGET)
    for key, of, inner in (("trap_oid", "match", match), ("name", "target", target)):
        if key not in inner:
            wrong.append(where.says(f"{of} of rule {rule_id} lacks {key!r}"))
    exact, prefixes = compiler.run(compiler.trap_oids, match.get("trap_oid")) or (frozenset(), ())
    run, text = compiler.run, compiler.text
    severity = compiler.choice(fields.get("severity"), language.SEVERITIES, "a severity")
    values: dict[str, Any] = {
        "trap_oids": exact,
        "trap_oid_prefixes": prefixes,
        "networks": run(compiler.networks, match.get("sender")) or (),
        "security_names": frozenset(run(compiler.texts, match.get("security_name")) or ()),
        "conditions": compiler.conditions(match.get("where")),
        "target_name": run(text, target.get("name")),
        "target_type": run(compiler.target_type, target["type"]) if "type" in target else SNMP_AGENT,
        "target_host": run(text, target.get("host")),
        "properties": run(compiler.properties, target.get("properties")) or (),
        "property_list": run(text, target.get("property_list")),
        "kind": compiler.choice(fields["kind"], language.KINDS, "a kind"),
        "severity": severity or Choice(None, {}, Severity.INDETERMINATE),
        "expires_after": run(compiler.expires_after, fields.get("expires_after")),
        "incident": compiler.incident(fields.get("incident")),
        "links": compiler.links(fields.get("links")),
        "caveats": run(compiler.caveats, fields.get("caveats")) or (),
        "test_when": compiler.conditions(fields.get("test_when")),
    }
    for key in ("alert_key", "message", "reason", "occurred_text", "event_type", "root_cause"):
        values[key] = run(text, fields.get(key))
    return Rule(id=rule_id, place=where.place_in_file, **values) if len(wrong) == before else None


SNMP_AGENT: Final = Text((compile_template("snmp_agent", str),))


class _Compiler:
    """The pieces of a rule. `run` collects a piece's SettingError instead of raising it."""

    def __init__(self, names: Names, wrong: list[str]) -> None:
        self._names = names
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
            if name.removeprefix("trap.") not in language.TRAP_FIELDS:
                fields = ", ".join(f"trap.{field}" for field in language.TRAP_FIELDS)
                raise part.fail(f"{name} is no field of a trap; there are {fields}")
            return name
        try:
            return self._names.key(name, part.document.file)
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

    def template(self, part: Part) -> Template:
        return self.text(part).alternatives[-1]

    def target_type(self, part: Part) -> Text | Renamed:
        """A text, or one that a table of texts translates; what is in no row stays as it is."""
        if isinstance(part.value, dict):
            parts = self.mapping(part, language.CHOICE[:2], "type by table")
            if parts.keys() != set(language.CHOICE[:2]):
                raise part.fail("type by table has `by: text` and `table: name`, a table of the section tables")
            try:
                table = self._names.table(str(parts["table"].value))
            except ValueError as error:
                raise parts["table"].fail(str(error)) from error
            return Renamed(self.text(parts["by"]), table)
        text = self.text(part)
        if TARGET_TYPE in text.source:
            raise part.fail(f"the target type {TARGET_TYPE!r} is ours, for canaries; choose another")
        return text

    def trap_oids(self, part: Part) -> tuple[frozenset[str], tuple[str, ...]]:
        """Exact OIDs, and prefixes with their last dot."""
        try:
            oids = [each if _OID_OR_PREFIX.fullmatch(each) else self._names.trap_oid(each) for each in self.texts(part)]
        except ValueError as error:
            raise part.fail(str(error)) from error
        prefixes = tuple(oid[:-1] for oid in oids if oid.endswith("*"))
        return frozenset(oid for oid in oids if not oid.endswith("*")), prefixes

    def networks(self, part: Part) -> tuple[IPv4Network | IPv6Network, ...]:
        try:
            return tuple(ip_network(each) for each in self.texts(part))
        except ValueError as error:
            raise part.fail(f"sender: {error}; write an address or a network such as 10.2.0.0/16") from error

    def conditions(self, part: Part | None) -> Conditions:
        """One set of conditions, or a list of sets; an empty set takes back that of the rule that this one is like."""
        if part is None or part.value == {}:
            return ()
        sets = [part.at(index) for index in range(len(part.value))] if isinstance(part.value, list) else [part]
        made: list[tuple[Condition, ...]] = []
        for each in sets:
            if not isinstance(each.value, dict) or not each.value:
                self._wrong.append(each.says("conditions are lines of `varbind: what it has to be`, or a list of such"))
                continue
            found = [self.run(partial(self.condition, name), each.at(name)) for name in each.value]
            made.append(tuple(condition for condition in found if condition is not None))
        return tuple(made)

    def condition(self, name: str, part: Part) -> Condition:
        try:
            of = compile_expression(name, lambda each: self.key(each, part))
        except ValueError as error:
            raise part.fail(str(error)) from error
        if not isinstance(part.value, dict):
            return Condition(name, of, accepted=frozenset(self.texts(part)))
        parts = self.mapping(part, language.CONDITION, f"the condition on {name}")
        if len(parts) != 1:
            raise part.fail(f"the condition on {name} has one of {', '.join(language.CONDITION)}")
        ((word, inner),) = parts.items()
        if word in {"present", "sent"}:
            if not isinstance(inner.value, bool):
                raise inner.fail(f"{word} is {inner.value!r}; say true or false")
            if word == "sent":
                return Condition(name, of, is_sent=inner.value)
            return Condition(name, of, is_present=inner.value)
        if word == "regex":
            try:
                return Condition(name, of, pattern=re.compile(str(inner.value)))
            except re.error as error:
                raise inner.fail(f"regex {inner.value!r} cannot be read: {error}") from error
        return Condition(name, of, accepted=frozenset(self.texts(inner)))

    def choice(self, part: Part | None, words: Mapping[str, V], what: str) -> Choice[V] | None:
        made: Choice[V] | None = self.run(lambda inner: self._choice(inner, words, what), part)
        return made

    def _choice(self, part: Part, words: Mapping[str, V], what: str) -> Choice[V]:
        if not isinstance(part.value, dict):
            return Choice(None, {}, self._word(part, words, what))
        parts = self.mapping(part, language.CHOICE, f"{what} by table")
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
        parts = self.mapping(part, language.INCIDENT, "incident")
        if "id" not in parts:
            raise part.fail("incident lacks 'id'")
        acknowledged = parts.pop("is_acknowledged", None)
        texts = {key: self.text(inner) for key, inner in parts.items() if key in language.INCIDENT}
        is_acknowledged = self.choice(acknowledged, language.BOOLEANS, "true or false")
        return IncidentTexts(**texts, is_acknowledged=is_acknowledged)

    def links(self, part: Part | None) -> tuple[LinkTexts, ...]:
        made: tuple[LinkTexts, ...] | None = self.run(self._links, part)
        return made or ()

    def _links(self, part: Part) -> tuple[LinkTexts, ...]:
        if not isinstance(part.value, list):
            raise part.fail("links is a list of {label: …, url: …}")
        links: list[LinkTexts] = []
        for index in range(len(part.value)):
            parts = self.mapping(part.at(index), language.LINK, "a link")
            if parts.keys() != set(language.LINK):
                raise part.at(index).fail("a link has a label and a url")
            links.append(LinkTexts(self.template(parts["label"]), self.template(parts["url"])))
        return tuple(links)

    def caveats(self, part: Part) -> tuple[Caveat, ...]:
        if not isinstance(part.value, list):
            raise part.fail("caveats is a list of {when: conditions, say: …}")
        caveats: list[Caveat] = []
        for index in range(len(part.value)):
            parts = self.mapping(part.at(index), language.CAVEAT, "a caveat")
            if parts.keys() != set(language.CAVEAT):
                raise part.at(index).fail("a caveat has conditions, `when`, and a text, `say`")
            caveats.append(Caveat(self.conditions(parts["when"]), self.text(parts["say"])))
        return tuple(caveats)

    def properties(self, part: Part) -> tuple[tuple[str, Text], ...]:
        if not isinstance(part.value, dict):
            raise part.fail("properties holds lines of `name: text`")
        return tuple((name, self.text(part.at(name))) for name in part.value)

    def expires_after(self, part: Part) -> timedelta:
        try:
            return duration(str(part.value))
        except ValueError as error:
            raise part.fail(f"expires_after: {error}") from error
