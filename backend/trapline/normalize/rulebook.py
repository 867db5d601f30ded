"""Rule files (YAML text) to a RuleBook. Pure: the component reads the files.

- Files are read in the order given, the site's before the shipped ones; within a file from top to bottom.
  The first rule that matches a trap decides. A site rule with the id of a shipped one takes its place, also in the
  order: who replaces `oem-event` does not thereby put it before the rules for types of events.
- A name of a varbind is looked up in its own file first, then in all others, then in the MIBs.
- Tables of one name are one table; of two rows for the same text that of the earlier file counts.
- `like: other-id` takes over what the rule does not say itself; `match` and `target` key by key.
- Everything that is wrong is said at once, each with file and line.
- The section `tests` is for `trapline rules test` (`case`); a node does not read it.

The language: docs/rules.md.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from trapline import document
from trapline.mibs.names import Mibs
from trapline.normalize import language
from trapline.normalize.compiler import Part, compile_rule
from trapline.normalize.rule import Rule
from trapline.protocol.errors import SettingError

_OID: Final = re.compile(language.OID)
_OID_RANGE: Final = re.compile(language.OID_RANGE)
_ATTRIBUTE: Final = re.compile(r"(\S+?)\[([^\[\]]+)\]")
_AND: Final = f"{', '.join(language.SECTIONS[:-1])} and {language.SECTIONS[-1]}"
# A flood of new OIDs must not fill the memory; past this many the memory of OIDs starts afresh.
_MEMORY: Final = 10_000
_LONGEST_RANGE: Final = 1_000
NO_MIBS: Final = Mibs({})


class RuleFile(NamedTuple):
    """A rule file's name (for errors) and its text."""

    name: str
    text: str


class RuleBook:
    """All rules in order, with what makes them quick to find."""

    def __init__(self, rules: Iterable[Rule], keys: Iterable[str]) -> None:
        """`keys`: column OIDs, and attributes of ranges of varbinds, `1.3.6.1.4.1.111.15.3.1.1.61-85[value]`."""
        self.rules = tuple(rules)
        # From the OID of a varbind that holds `name=value` to the keys by attribute in small letters.
        self.attributes: dict[str, dict[str, str]] = {}
        columns = set()
        for key in keys:
            of_range = _ATTRIBUTE.fullmatch(key)
            if of_range is None:
                columns.add(key)
            else:
                for oid in oids_of(of_range[1]):
                    self.attributes.setdefault(oid, {})[of_range[2].casefold()] = key
        self.columns = Columns(frozenset(columns | self.attributes.keys()))
        self._candidates: dict[str, tuple[Rule, ...]] = {}

    def candidates(self, trap_oid: str) -> tuple[Rule, ...]:
        """The rules for a trap OID, in order."""
        found = self._candidates.get(trap_oid)
        if found is None:
            if len(self._candidates) >= _MEMORY:
                self._candidates.clear()
            found = tuple(rule for rule in self.rules if rule.is_for(trap_oid))
            self._candidates[trap_oid] = found
        return found


class Columns(dict[str, str | None]):
    """From a varbind's OID to the named column that it is an instance of, or is itself; None when no rule names it."""

    def __init__(self, named: frozenset[str]) -> None:
        super().__init__()
        self._named = named

    def __missing__(self, oid: str) -> str | None:
        if len(self) >= _MEMORY:
            self.clear()
        column: str | None = oid
        while column and column not in self._named:
            column = column.rpartition(".")[0]
        self[oid] = found = column or None
        return found


def load(files: Iterable[RuleFile], mibs: Mibs = NO_MIBS) -> RuleBook:
    """The rules of all files. Raises SettingError that lists everything wrong, a line each."""
    wrong: list[str] = []
    documents, names = read(files, wrong, mibs)
    parts = _rules(documents, wrong)
    rules: list[Rule] = []
    for rule_id, own in parts.items():
        rule = compile_rule(rule_id, _inherit(rule_id, parts, wrong), own, names, wrong)
        if rule is not None:
            rules.append(rule)
    if wrong:
        raise SettingError("\n".join(dict.fromkeys(wrong)))
    return RuleBook(rules, names.used)


def read(files: Iterable[RuleFile], wrong: list[str], mibs: Mibs) -> tuple[list[document.Document], "NamesOfFiles"]:
    """The files that are YAML with known sections, and what their names mean."""
    documents = [each for file in files if (each := _parse(file, wrong)) is not None]
    names = {each.file: _names(each, wrong) for each in documents}
    return documents, NamesOfFiles(names, _tables(documents, wrong), mibs)


def oids_of(oid_range: str) -> list[str]:
    """`1.3.6.1.4.1.111.15.3.1.1.61-85` as 25 OIDs."""
    first, _, last = oid_range.partition("-")
    prefix, _, number = first.rpartition(".")
    return [f"{prefix}.{each}" for each in range(int(number), int(last) + 1)]


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
        if key not in language.SECTIONS:
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
        if isinstance(oid, str) and (_OID.fullmatch(oid) or _is_range(oid)):
            names[name] = oid
        else:
            wrong.append(section.at(name).says(f"varbind {name} is {oid!r}, which is no OID in dots and numbers"))
    return names


def _is_range(oid: str) -> bool:
    first, _, last = oid.partition("-")
    return bool(_OID_RANGE.fullmatch(oid)) and 0 < int(last) - int(first.rpartition(".")[2]) < _LONGEST_RANGE


def _tables(documents: Iterable[document.Document], wrong: list[str]) -> dict[str, dict[str, str]]:
    """All tables by name, their keys case folded."""
    tables: dict[str, dict[str, str]] = {}
    for parsed in documents:
        section = Part(parsed, "$.tables", parsed.values.get("tables") or {})
        if not isinstance(section.value, dict) or not all(isinstance(rows, dict) for rows in section.value.values()):
            wrong.append(section.says("tables holds tables by name, each with lines of `text: text`"))
            continue
        for name, rows in section.value.items():
            for text, meant in rows.items():
                if isinstance(meant, str) and meant:
                    tables.setdefault(name, {}).setdefault(text.casefold(), meant)
                else:
                    wrong.append(section.at(name).at(text).says(f"{meant!r} is no text; put it in quotes"))
    return tables


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
            else:  # the site's rule, read first, takes the place of the shipped one, also in the order
                found[rule_id] = found.pop(rule_id)
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


class NamesOfFiles:
    """What names mean; `used` remembers which keys were asked for, because only these are looked for in a trap."""

    def __init__(
        self, names: Mapping[str, Mapping[str, str]], tables: Mapping[str, Mapping[str, str]], mibs: Mibs
    ) -> None:
        self._names = names
        self._tables = tables
        self._mibs = mibs
        self.used: set[str] = set()

    def key(self, name: str, file: str) -> str:
        """The column OID of `name` as `file` sees it, or the key of `name[attribute]`. Raises ValueError."""
        attribute = _ATTRIBUTE.fullmatch(name)
        found = self._oid(attribute[1] if attribute else name, file)
        if ("-" in found) != (attribute is not None):
            raise ValueError(
                f"{name} is one varbind; only a range such as 1.3.6.1.4.1.99999.1-9 has attributes"
                if attribute
                else f"{name} is a range of varbinds that hold name=value; say which: {name}[attribute]"
            )
        key = f"{found}[{attribute[2]}]" if attribute else found
        self.used.add(key)
        return key

    def table(self, name: str) -> Mapping[str, str]:
        """A table of texts. Raises ValueError."""
        if name not in self._tables:
            raise ValueError(f"there is no table {name!r}; tables are: {', '.join(sorted(self._tables)) or 'none'}")
        return self._tables[name]

    def trap_oid(self, name: str) -> str:
        """The OID of a notification that a MIB names. Raises ValueError."""
        found = set(self._mibs.oids(name).values())
        if len(found) != 1:
            raise ValueError(
                f"{name} is {' and '.join(sorted(found))} in different MIBs; write MODULE::{name}"
                if found
                else f"trap_oid {name!r} is neither an OID, nor the beginning of one with `.*` after it, nor in a MIB"
            )
        return found.pop()

    def _oid(self, name: str, file: str) -> str:
        if _OID.fullmatch(name):
            return name
        if name in self._names[file]:
            return self._names[file][name]
        found = {names[name] for names in self._names.values() if name in names} or set(self._mibs.oids(name).values())
        if not found:
            raise ValueError(
                f"no file names a varbind {name!r}; add it to the section varbinds of {file}, "
                "or add the MIB that has it: trapline mib add"
            )
        if len(found) > 1:
            raise ValueError(
                f"{name} is {' and '.join(sorted(found))} in different files or MIBs; name it in {file} too, "
                f"or write MODULE::{name}"
            )
        return found.pop()
