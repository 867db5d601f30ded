"""Texts of rules: `${name|other|'words'}` takes the first that has text; everything else stands for itself.

Pure. Values are texts by column OID (`1.3.6.1.4.1.111.15.3.1.1.3`), by attribute of a range of varbinds that hold
`name=value` (`1.3.6.1.4.1.111.15.3.1.1.61-85[target_status]`) or by field of the trap (`trap.source_addr`).
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

Values = Mapping[str, str]

_EXPRESSION = re.compile(r"\$\{([^}]*)\}")
_LITERAL = re.compile(r"'([^']*)'")


class Expression(NamedTuple):
    """One `${…}`: the keys to look up in order, then the words to fall back on."""

    keys: tuple[str, ...]
    otherwise: str

    def render(self, values: Values) -> str:
        for key in self.keys:
            if text := values.get(key):
                return text
        return self.otherwise


class Template(NamedTuple):
    """A text with expressions in it. `source` is how the rule's author wrote it."""

    source: str
    parts: tuple[str | Expression, ...]

    def render(self, values: Values) -> str:
        """The text; an expression without value leaves nothing."""
        parts = self.parts
        if len(parts) == 1:
            only = parts[0]
            return only if type(only) is str else only.render(values)  # type: ignore[union-attr]  # told by type()
        return "".join([part if isinstance(part, str) else part.render(values) for part in parts]).strip()

    def render_if_whole(self, values: Values) -> str:
        """The text, or "" when one of its expressions has no value."""
        texts = [part if isinstance(part, str) else part.render(values) for part in self.parts]
        return "".join(texts).strip() if all(texts) else ""


class Text(NamedTuple):
    """Alternatives: the first whose expressions all have a value, else what the last one gives."""

    alternatives: tuple[Template, ...]

    def render(self, values: Values) -> str:
        for template in self.alternatives[:-1]:
            if text := template.render_if_whole(values):
                return text
        return self.alternatives[-1].render(values)

    @property
    def source(self) -> str:
        return " or ".join(template.source for template in self.alternatives)


def compile_template(source: str, resolve: Callable[[str], str]) -> Template:
    """`source` with its names resolved to keys. Raises ValueError (one sentence) when it is no template.

    `resolve` turns a name into a key of the values, or raises ValueError.
    """
    parts: list[str | Expression] = []
    position = 0
    for found in _EXPRESSION.finditer(source):
        if found.start() > position:
            parts.append(source[position : found.start()])
        parts.append(compile_expression(found.group(1), resolve))
        position = found.end()
    if "${" in source[position:]:
        raise ValueError(f"{source!r} has a ${{ without its }}")
    if position < len(source) or not parts:
        parts.append(source[position:])
    return Template(source, tuple(parts))


def compile_expression(inside: str, resolve: Callable[[str], str]) -> Expression:
    """What stands inside `${…}`. Raises ValueError (one sentence)."""
    keys: list[str] = []
    # A literal may hold a |, so literals are taken out before the names are split.
    literal = _LITERAL.search(inside)
    names = inside if literal is None else inside[: literal.start()]
    if literal is not None and (inside[literal.end() :].strip() or not names.rstrip().endswith("|")):
        raise ValueError(f"${{{inside}}}: words in quotes come last, after a |")
    for name in (names if literal is None else names.rstrip()[:-1]).split("|"):
        if not name.strip():
            raise ValueError(f"${{{inside}}} has an empty place between its | signs; name a varbind there")
        keys.append(resolve(name.strip()))
    return Expression(tuple(keys), literal.group(1) if literal else "")
