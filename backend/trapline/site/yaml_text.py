"""A text as YAML writes it. Pure."""

import re
from typing import Final

# Of letters and digits, and nothing that YAML would take for something else than a text.
_PLAIN: Final = re.compile(r"(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9_.-]*", re.IGNORECASE | re.ASCII)


def quoted(text: str) -> str:
    """Plain where it may be, otherwise in double quotes with everything escaped that is not printable."""
    if _PLAIN.fullmatch(text):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def said(text: str) -> str:
    """For a comment: what would end its line is a space."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _escaped(sign: str) -> str:
    if sign in '"\\':
        return "\\" + sign
    if sign.isprintable() and ord(sign) < 0x1_0000:
        return sign
    return f"\\U{ord(sign):08x}"
