"""A YAML file as plain values that remember their lines, so that an error can say where.

Places are written as msgspec writes them: `$.servers[3].tier`.
"""

from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import yaml

from trapline.protocol.errors import SettingError

# The C parser reads 10,000 servers in a fraction of the time and says the same lines.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Document(NamedTuple):
    """`values` as YAML means them; `lines` from a place to its line, counted from 1."""

    file: str
    values: Any
    lines: dict[str, int]

    def fail(self, place: str, sentence: str) -> NoReturn:
        """Raises SettingError with file and line of `place` or of what holds it."""
        raise SettingError(f"{self.file}, line {self.line(place)}: {sentence}")

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


def read(path: Path, way_out: str) -> Document:
    """A file as a Document. Raises SettingError when it is missing, unreadable (then with `way_out`) or no YAML."""
    return parse(read_text(path, way_out), str(path))


def parse(text: str, file: str) -> Document:
    """YAML text as a Document. A key given twice is an error, which YAML's own loader would not see."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[str, int] = {}
        values = _value(loader, node, "$", lines, file) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SettingError(f"{file}, line {line}: this is no YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SettingError(f"{file}: this is no YAML: {error}") from error
    finally:
        loader.dispose()
    return Document(file, values, lines)


def _value(loader: Any, node: yaml.Node, place: str, lines: dict[str, int], file: str) -> Any:
    lines[place] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, f"{place}[{index}]", lines, file) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            if key in mapping:
                raise SettingError(
                    f"{file}, line {key_node.start_mark.line + 1}: {key!r} is here a second time; keep one of them"
                )
            mapping[key] = _value(loader, value_node, f"{place}.{key}", lines, file)
        return mapping
    return loader.construct_object(node, deep=True)
