"""The JSON Schema of rule files, for editors: made from the same words that the compiler goes by. Pure.

It knows words and shapes. What a name, an OID or a text means, only the compiler knows: `trapline check` says it.
"""

import json
from typing import Any, Final

from trapline.normalize import language

Schema = dict[str, Any]

_SCALAR: Final[Schema] = {"type": ["string", "integer"]}
_ONE_OR_MORE: Final[Schema] = {"oneOf": [_SCALAR, {"type": "array", "minItems": 1, "items": _SCALAR}]}
_TEXT: Final = "A text with ${name|other|'words'}, or a list: the first whose ${…} all have a value, else the last."
_DESCRIPTIONS: Final = {
    "id": "Names the rule in every event, status and reason.",
    "like": "The id of another rule: takes over what this one does not say itself.",
    "match": "Which traps: by OID, sender, user and varbinds.",
    "target": "What the trap is about. Type and name together are the target.",
    "kind": "What the event does: open an alert, end it, only say something, begin or end maintenance.",
    "severity": "How bad it is. A clear and maintenance need none.",
    "alert_key": "Which condition of the target: a raise and its clear have the same.",
    "message": "What people read.",
    "reason": "Why it is decided so.",
    "expires_after": "The alert ends by itself then: 90s, 15m, 1h 30m, 26h, 30d.",
    "occurred_text": "The sender's own time, as it says it.",
    "event_type": "What the sender calls this type of event.",
    "root_cause": "What the sender says is behind it.",
    "incident": "The sender's incident about it. Without an id there is none.",
    "links": "Pages about it; left out unless they begin with http:// or https://.",
    "caveats": "What the reader should know, such as that the trap was cut short.",
    "test_when": "When this holds, the event is marked as a test.",
}


def schema_text() -> str:
    """The schema as the file beside the shipped rules has it."""
    return json.dumps(rule_file_schema(), indent=2, ensure_ascii=False) + "\n"


def rule_file_schema() -> Schema:
    """The schema of one rule file (draft 2020-12)."""
    sections = {
        "varbinds": {
            "description": "Names for OIDs. A range of OIDs holds name=value in each: say ${name[attribute]}.",
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": f"^({language.OID}|{language.OID_RANGE})$"},
        },
        "tables": {
            "description": "Tables of texts by name. What is in no row stays as it is.",
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
        },
        "rules": {"type": "array", "items": {"$ref": "#/$defs/rule"}},
        "tests": {"type": "array", "items": {"$ref": "#/$defs/case"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Trapline rules",
        "description": "What a trap means. The language is explained in docs/rules.md.",
        **_object(language.SECTIONS, sections),
        "$defs": {
            "text": {"description": _TEXT, **_ONE_OR_MORE},
            "texts": _ONE_OR_MORE,
            "conditions": _conditions(),
            "rule": _rule(),
            "case": _case(),
        },
    }


def _object(keys: tuple[str, ...], known: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """An object with these keys and no others; a key of which nothing more is known is a text."""
    properties = {key: dict(known.get(key, {"$ref": "#/$defs/text"})) for key in keys}
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def _rule() -> Schema:
    conditions = {"$ref": "#/$defs/conditions"}
    parts: dict[str, Schema] = {
        "id": {"type": "string", "minLength": 1},
        "like": {"type": "string"},
        "match": _object(
            language.MATCH,
            {key: {"$ref": "#/$defs/texts"} for key in ("trap_oid", "sender", "security_name")} | {"where": conditions},
        ),
        "target": _object(
            language.TARGET,
            {
                "type": {"oneOf": [{"$ref": "#/$defs/text"}, _object(language.CHOICE[:2], {}, language.CHOICE[:2])]},
                "properties": {"type": "object", "additionalProperties": {"$ref": "#/$defs/text"}},
            },
        ),
        "kind": _choice(tuple(language.KINDS)),
        "severity": _choice(tuple(language.SEVERITIES)),
        "expires_after": {"type": "string"},
        "incident": _object(language.INCIDENT, {"is_acknowledged": _choice((True, False))}, ("id",)),
        "links": {"type": "array", "items": _object(language.LINK, {}, language.LINK)},
        "caveats": {"type": "array", "items": _object(language.CAVEAT, {"when": conditions}, language.CAVEAT)},
        "test_when": conditions,
    }
    rule = _object(language.RULE, parts, ("id",))
    for key, schema in rule["properties"].items():
        schema["description"] = _DESCRIPTIONS[key]
    return {**rule, "anyOf": [{"required": ["like"]}, {"required": list(language.REQUIRED)}]}


def _choice(words: tuple[str | bool, ...]) -> Schema:
    word = {"enum": list(words)}
    by_table: dict[str, Schema] = {"table": {"type": "object", "additionalProperties": word}, "else": word}
    return {"oneOf": [word, _object(language.CHOICE, by_table, language.CHOICE[:2])]}


def _conditions() -> Schema:
    boolean, texts = Schema(type="boolean"), Schema({"$ref": "#/$defs/texts"})
    words = {"equals": texts, "in": texts, "regex": {"type": "string"}, "present": boolean, "sent": boolean}
    one = {**_object(language.CONDITION, words), "minProperties": 1, "maxProperties": 1}
    every = {"type": "object", "additionalProperties": {"oneOf": [{"$ref": "#/$defs/texts"}, one]}}
    return {
        "description": "What varbinds have to be: all of a set, or one set of a list.",
        "oneOf": [every, {"type": "array", "minItems": 1, "items": every}],
    }


def _case() -> Schema:
    octets = {"type": "object", "properties": {"hex": {"type": "string"}}, "required": ["hex"]}
    number, anything = {"type": "integer"}, dict[str, Any]()
    trap: dict[str, Schema] = {key: {"type": "string"} for key in language.CASE_TRAP}
    trap |= {"generic": number, "specific": number}
    trap["varbinds"] = {"type": "object", "additionalProperties": {"anyOf": [{"type": ["string", "integer"]}, octets]}}
    parts: dict[str, Schema] = {
        "name": {"type": "string", "minLength": 1},
        "like": {"type": "string"},
        "trap": _object(language.CASE_TRAP, trap),
        "expect": {**_object(language.CASE_EXPECT, dict.fromkeys(language.CASE_EXPECT, anything)), "minProperties": 1},
    }
    return {**_object(language.CASE, parts, ("name", "expect")), "description": "A trap, and what has to become of it."}
