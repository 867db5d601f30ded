"""A Document's values as a msgspec Struct; what msgspec finds wrong, in plain words with file and line. Pure.

What may stand at a place is asked of the Struct's own types, so that an error lists exactly what is allowed there.
Of a secret Document nothing is quoted.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from trapline.document import Document

T = TypeVar("T", bound=msgspec.Struct)

_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_INDEX = re.compile(r"\[[^\]]*\]")  # a number, or `...`, as msgspec calls whichever value of a mapping
_ERROR = re.compile(r"(.*?)(?: - at `(\$[\w.\[\]]*)`)?", re.DOTALL)
_KINDS = {
    "array": "a list",
    "object": "a mapping",
    "str": "a text (put it in quotes)",
    "int": "a number",
    "float": "a number",
    "bool": "yes or no",
    "null": "empty",
    "date": "a date",
    "datetime": "a date",
}


def shaped(document: Document, kind: type[T], decode: Callable[[type, Any], Any] | None = None) -> T:
    """The document as `kind`. Raises SettingError. `decode` makes types of one's own, as msgspec's `dec_hook`."""
    try:
        return msgspec.convert(document.values, kind, dec_hook=decode)
    except msgspec.ValidationError as error:
        document.fail(*_problem(document, kind, error))


def first_problem(document: Document, kind: type[msgspec.Struct]) -> tuple[str, str] | None:
    """Place and sentence of the first thing for which the document is no `kind`; None when it is one."""
    try:
        msgspec.convert(document.values, kind)
    except msgspec.ValidationError as error:
        return _problem(document, kind, error)
    return None


def _problem(document: Document, kind: type[msgspec.Struct], error: msgspec.ValidationError) -> tuple[str, str]:
    found = _ERROR.fullmatch(str(error))
    assert found is not None  # any text matches
    return _in_plain_words(document, kind, found[1], found[2] or "$")


def _in_plain_words(document: Document, kind: type[msgspec.Struct], sentence: str, place: str) -> tuple[str, str]:
    if found := re.fullmatch(r"Object missing required field `(.*)`", sentence):
        return place, f"there is no {found[1]!r} here, and it is needed; add it"
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", sentence, re.DOTALL):
        key = "a key" if document.secret else repr(found[1])
        return f"{place}.{found[1]}", f"{key} means nothing here; allowed are {_allowed(kind, document, place)}"
    name = _INDEX.sub("", place).rpartition(".")[2]
    what = "the file" if place == "$" else f"an entry of {name}" if place.endswith("]") else name
    place = place.partition("[...]")[0]
    if found := re.fullmatch(r"Invalid (?:enum )?value '(.*)'", sentence, re.DOTALL):
        value = "something else" if document.secret else repr(found[1])
        return place, f"{what} is {value}; say one of {_allowed(kind, document, place)}"
    if found := re.fullmatch(r"Expected `(.*)`, got `(.*)`", sentence):
        wanted = " or ".join(_KINDS.get(each, each) for each in found[1].split(" | "))
        got = _KINDS.get(found[2].replace("NoneType", "null"), found[2]).partition(" (")[0]
        words = f"; allowed are {_allowed(kind, document, place)}" if found[1] == "object" else ""
        return place, f"{what} must be {wanted}, but it is {got}{words}"
    return place, f"{what} is not what belongs here" if document.secret else f"{what}: {sentence}"


def _allowed(kind: type[msgspec.Struct], document: Document, place: str) -> str:
    """The words that may stand at a place: a Struct's fields, the tags of some Structs, the texts of a Literal."""
    types, value = [inspect.type_info(kind)], document.values
    for field, index in _STEP.findall(place):
        if index:
            types = [each.item_type for each in types if isinstance(each, inspect.VarTupleType)]
            value = value[int(index)]
        else:
            structs = [each for each in types if isinstance(each, inspect.StructType)]
            tags = [each.tag for each in structs if each.tag_field == field]
            types = [inspect.LiteralType(tuple(str(tag) for tag in tags))] if tags else _types(structs, value, field)
            value = value[field]
        types = [one for each in types for one in _plain(each)]
    words: list[str] = []
    for each in types:
        if isinstance(each, inspect.LiteralType):
            words += map(str, each.values)
        elif isinstance(each, inspect.StructType) and _fits(each, value):
            words += [*([each.tag_field] if each.tag_field else []), *(field.encode_name for field in each.fields)]
    return ", ".join(dict.fromkeys(words))


def _plain(kind: inspect.Type) -> Iterator[inspect.Type]:
    """What a type may be, without what is only said about it."""
    if isinstance(kind, inspect.Metadata):
        yield from _plain(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for each in kind.types:
            yield from _plain(each)
    else:
        yield kind


def _types(structs: list[inspect.StructType], value: dict[str, Any], name: str) -> list[inspect.Type]:
    fields = [field for each in structs if _fits(each, value) for field in each.fields]
    return [field.type for field in fields if field.encode_name == name]


def _fits(struct: inspect.StructType, value: Any) -> bool:
    """Whether the value may be this one of several Structs: its tag says so. What is no mapping may become any."""
    return struct.tag_field is None or not isinstance(value, dict) or value.get(struct.tag_field) == struct.tag
