"""The text of a MIB file before it is compiled: octets to text, text to modules, and who imports from whom. Pure.

Comments go to the end of their line, as vendors mean them (`----- section -----`), and are blanked; lines stay where
they are, so that an error's line is the file's.
"""

import re
from typing import Final, NamedTuple

_HEADER: Final = re.compile(
    r"^[ \t]*([A-Za-z][\w-]*)\s*(?:\{[^}]*\}\s*)?DEFINITIONS\s*(?:[A-Z]+ TAGS\s*)?::=\s*BEGIN", re.MULTILINE
)
_STRING_OR_COMMENT: Final = re.compile(r'"[^"]*"|--[^\n]*')
_IMPORTS: Final = re.compile(r"\bIMPORTS\b([^;]*);")
_FROM: Final = re.compile(r"((?:[A-Za-z][\w-]*[\s,]+)+?)FROM\s+([A-Za-z][\w-]*)")
_NAME: Final = re.compile(r"[A-Za-z][\w-]*")


class Part(NamedTuple):
    """One module's text; `text` begins with as many empty lines as stand before it in the file."""

    module: str
    text: str


def decode(octets: bytes) -> tuple[str, tuple[str, ...]]:
    """The file's text, and sentences on what was left out or read otherwise to get it."""
    repairs: list[str] = []
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        text = octets.decode("cp1252", "replace")
        repairs.append("octets that are not UTF-8 are read as Windows-1252")
    if text.startswith("\ufeff"):
        text = text[1:]
        repairs.append("the byte order mark at the beginning is left out")
    cleaned = text.translate({0: None, 0x1A: None})
    if cleaned != text:
        repairs.append("control characters (Ctrl-Z, NUL) are left out")
    return cleaned.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " "), tuple(repairs)


def without_comments(text: str) -> str:
    """The text with its comments blanked."""
    return _STRING_OR_COMMENT.sub(lambda found: found[0] if found[0].startswith('"') else "", text)


def modules(text: str) -> list[Part]:
    """The modules of a file's text, in order; none when it is no MIB. Takes text without comments."""
    strings = [found.span() for found in re.finditer(r'"[^"]*"', text)]
    headers = [
        found for found in _HEADER.finditer(text) if not any(start < found.start(1) < end for start, end in strings)
    ]
    # Without a header there is nothing to end.
    ends = [*(header.start(1) for header in headers[1:]), len(text)][: len(headers)]
    return [
        Part(header[1], "\n" * text.count("\n", 0, header.start(1)) + text[header.start(1) : end])
        for header, end in zip(headers, ends, strict=True)
    ]


def imports(text: str) -> dict[str, tuple[str, ...]]:
    """The symbols that a module's text imports, by the module it takes them from."""
    clause = _IMPORTS.search(text)
    if clause is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for symbols, module in _FROM.findall(clause[1]):
        found[module] = (*found.get(module, ()), *_NAME.findall(symbols))
    return found
