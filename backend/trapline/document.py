"""A YAML file as plain values that remember their lines, so that an error can say where.

Places are written as msgspec writes them: `$.servers[3].tier`. `secret=True` is for a file that holds secrets: its
scalars stay the texts they are written as (a password 0123 is no number), and no error quotes what stands in it.
"""

from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from trapline.protocol.errors import SettingError

# The C parser reads 10,000 servers in a fraction of the time and says the same lines.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_YAML_TAGS = "tag:yaml.org,2002:"
_NULL = f"{_YAML_TAGS}null"


class Document(NamedTuple):
    """`values` as YAML means them; `lines` from a place to its line, counted from 1."""

    file: str
    values: Any
    lines: dict[str, int]
    secret: bool

    def fail(self, place: str, sentence: str) -> NoReturn:
        """Raises SettingError with file and line of `place` or of what holds it, without the error it came from."""
        raise SettingError(f"{self.file}, line {self.line(place)}: {sentence}") from None

    def line(self, place: str) -> int:
        """The line of a place, or of the nearest thing that holds it."""
        while place not in self.lines and len(place) > 1:
            place = place[: max(place.rfind("."), place.rfind("["))]
        return self.lines.get(place, 1)


def read_text(path: Path, way_out: str) -> str:
    """The text of a file. Raises SettingError that ends with `way_out` when it is missing or unreadable."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingError(f"{path} cannot be read: {reason}; {way_out}") from None


def read(path: Path, way_out: str, *, secret: bool = False) -> Document:
    """A file as a Document. Raises SettingError when it is missing, unreadable (then with `way_out`) or no YAML."""
    return parse(read_text(path, way_out), str(path), secret=secret)


def parse(text: str, file: str, *, secret: bool = False) -> Document:
    """YAML text as a Document. A key given twice is an error, which YAML's own loader would not see."""
    document = Document(file, None, {}, secret)
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return document._replace(values=_value(document, loader, node, "$") if node is not None else None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # PyYAML's words may hold the text's: an alias, a tag.
        problem = "a text of more than letters and digits belongs in quotes" if secret else error.problem
        raise SettingError(f"{file}, line {mark.line + 1 if mark else 1}: this is no YAML: {problem}") from None
    except (yaml.YAMLError, RecursionError) as error:
        problem = "it holds characters that YAML does not allow, or is too deep" if secret else str(error)
        raise SettingError(f"{file}: this is no YAML: {problem}") from None
    finally:
        if loader is not None:
            loader.dispose()


def _value(document: Document, loader: Any, node: yaml.Node, place: str) -> Any:
    document.lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(document, loader, item, f"{place}[{index}]") for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(document, loader, node, place)
    if document.secret:
        if not node.tag.startswith(_YAML_TAGS):
            document.fail(place, "a text that begins with an exclamation mark belongs in quotes")
        return None if node.tag == _NULL else node.value
    try:
        return loader.construct_object(node, deep=True)
    except (ValueError, LookupError, AttributeError):  # as PyYAML meets 2026-02-30, !!int "", !!timestamp soon
        document.fail(place, f"{node.value!r} looks like a number or a date, but is none; put it in quotes")


def _mapping(document: Document, loader: Any, node: yaml.MappingNode, place: str) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
        if key in mapping:
            line, named = key_node.start_mark.line + 1, "a key" if document.secret else repr(key)
            raise SettingError(f"{document.file}, line {line}: {named} is here a second time; keep one of them")
        mapping[key] = _value(document, loader, value_node, f"{place}.{key}")
    return mapping
