"""Rule files (YAML text) to a RuleBook. Pure: the component reads the files.

- Files are read in the order given, the site's before the shipped ones; within a file from top to bottom.
  The first rule that matches a trap decides. A site rule with the id of a shipped one takes its place.
- A name of a varbind is looked up in its own file first, then in all others.
- `like: other-id` takes over what the rule does not say itself; `match` and `target` key by key.
- Everything that is wrong is said at once, each with file and line.
- The section `tests` is for `trapline rules test` (`case`); a node does not read it.

The language: docs/rules.md.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from trapline import document
from trapline.normalize.compiler import Part, Resolve, compile_rule
from trapline.normalize.rule import Rule
from trapline.protocol.errors import SettingError

_OID: Final = re.compile(r"\d+(\.\d+)+")
_SECTIONS: Final = ("varbinds", "rules", "tests")
_AND: Final = "varbinds, rules and tests"
# A flood of new OIDs must not fill the memory; past this many the memory of OIDs starts afresh.
_MEMORY: Final = 10_000


class RuleFile(NamedTuple):
    """A rule file's name (for errors) and its text."""

    name: str
    text: str


class RuleBook:
    """All rules in order, with what makes them quick to find."""

    def __init__(self, rules: Iterable[Rule], columns: Iterable[str]) -> None:
        self.rules = tuple(rules)
        self._columns = frozenset(columns)
        self._candidates: dict[str, tuple[Rule, ...]] = {}
        self._column_of: dict[str, str | None] = {}

    def candidates(self, trap_oid: str) -> tuple[Rule, ...]:
        """The rules for a trap OID, in order."""
        found = self._candidates.get(trap_oid)
        if found is None:
            if len(self._candidates) >= _MEMORY:
                self._candidates.clear()
            found = tuple(rule for rule in self.rules if rule.is_for(trap_oid))
            self._candidates[trap_oid] = found
        return found

    def column_of(self, oid: str) -> str | None:
        """The named column that a varbind's OID is an instance of (or is itself); None when no rule names it."""
        try:
            return self._column_of[oid]
        except KeyError:
            if len(self._column_of) >= _MEMORY:
                self._column_of.clear()
            column: str | None = oid
            while column and column not in self._columns:
                column = column.rpartition(".")[0]
            self._column_of[oid] = found = column or None
            return found


def load(files: Iterable[RuleFile]) -> RuleBook:
    """The rules of all files. Raises SettingError that lists everything wrong, a line each."""
    wrong: list[str] = []
    documents, resolve = read(files, wrong)
    used: set[str] = set()  # only these are looked for in a trap

    def column(name: str, file: str) -> str:
        found = resolve(name, file)
        used.add(found)
        return found

    parts = _rules(documents, wrong)
    rules: list[Rule] = []
    for rule_id, own in parts.items():
        rule = compile_rule(rule_id, _inherit(rule_id, parts, wrong), own, column, wrong)
        if rule is not None:
            rules.append(rule)
    if wrong:
        raise SettingError("\n".join(dict.fromkeys(wrong)))
    return RuleBook(rules, used)


def read(files: Iterable[RuleFile], wrong: list[str]) -> tuple[list[document.Document], Resolve]:
    """The files that are YAML with known sections, and what finds the column OID of a name as a file sees it."""
    documents = [each for file in files if (each := _parse(file, wrong)) is not None]
    names = {each.file: _names(each, wrong) for each in documents}
    return documents, lambda name, file: _column(names, name, file)


def _parse(file: RuleFile, wrong: list[str]) -> document.Document | None:
    try:
        parsed = document.parse(file.text, file.name)
    except SettingError as error:
        wrong.append(str(error))
        return None
    if not isinstance(parsed.values, dict):
        wrong.append(f"{file.name}, line 1: a rule file holds the sections {_AND}")
        return None
    for key in parsed.values:
        if key not in _SECTIONS:
            where = Part(parsed, f"$.{key}", None)
            wrong.append(where.says(f"there is no section {key!r}; a rule file has {_AND}"))
    return parsed


def _names(parsed: document.Document, wrong: list[str]) -> dict[str, str]:
    section = Part(parsed, "$.varbinds", parsed.values.get("varbinds") or {})
    if not isinstance(section.value, dict):
        wrong.append(section.says("varbinds holds lines of `name: OID`"))
        return {}
    names: dict[str, str] = {}
    for name, oid in section.value.items():
        if isinstance(oid, str) and _OID.fullmatch(oid):
            names[name] = oid
        else:
            wrong.append(section.at(name).says(f"varbind {name} is {oid!r}, which is no OID in dots and numbers"))
    return names


def _rules(documents: Iterable[document.Document], wrong: list[str]) -> dict[str, dict[str, Part]]:
    found: dict[str, dict[str, Part]] = {}
    for parsed in documents:
        section = Part(parsed, "$.rules", parsed.values.get("rules") or [])
        if not isinstance(section.value, list):
            wrong.append(section.says("rules is a list, each rule begins with `- id: …`"))
            continue
        for index, raw in enumerate(section.value):
            where = Part(parsed, f"$.rules[{index}]", raw)
            rule_id = raw.get("id") if isinstance(raw, dict) else None
            if not isinstance(rule_id, str) or not rule_id:
                wrong.append(where.says("a rule begins with its id, a text of your choice: `- id: my-rule`"))
                continue
            earlier = found.get(rule_id)
            if earlier is None:
                found[rule_id] = {key: where.at(key) for key in raw}
            elif earlier["id"].document.file == parsed.file:
                line = earlier["id"].line
                wrong.append(where.says(f"rule {rule_id} is here a second time, the first is in line {line}"))
            # Otherwise the site's rule, read first, takes the place of the shipped one.
    return found


def _inherit(
    rule_id: str, parts: Mapping[str, Mapping[str, Part]], wrong: list[str]
) -> dict[str, Part | dict[str, Part]]:
    """The fields of a rule with those of the rules it is like; `match` and `target` are merged key by key."""
    chain: list[str] = []
    name = rule_id
    while True:
        chain.append(name)
        like = parts[name].get("like")
        if like is None:
            break
        if like.value in chain:
            wrong.append(like.says(f"rule {name} is like {like.value}, which is like {name} again"))
            break
        if not isinstance(like.value, str) or like.value not in parts:
            wrong.append(like.says(f"rule {name} is like {like.value!r}, but no rule has that id"))
            break
        name = like.value
    merged: dict[str, Any] = {}
    for ancestor in reversed(chain):
        for key, part in parts[ancestor].items():
            if key in {"match", "target"} and isinstance(part.value, dict):
                before = merged.get(key, {})
                merged[key] = before | {inner: part.at(inner) for inner in part.value}
            else:
                merged[key] = part
    return merged


def _column(names_of: Mapping[str, Mapping[str, str]], name: str, file: str) -> str:
    """The column OID of `name` as `file` sees it. Raises ValueError with one sentence."""
    if _OID.fullmatch(name):
        return name
    if name in names_of[file]:
        return names_of[file][name]
    found = {names[name] for names in names_of.values() if name in names}
    if not found:
        raise ValueError(f"no file names a varbind {name!r}; add it to the section varbinds of {file}")
    if len(found) > 1:
        raise ValueError(f"{name} is {' and '.join(sorted(found))} in different files; name it in {file} too")
    return found.pop()
