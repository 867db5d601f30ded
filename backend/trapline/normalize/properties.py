"""What a sender says of a target besides: properties by name, and lists of pairs, however they are written. Pure.

OEM's user-defined target properties come as one text: `Platform=x86_64, Operating System=Linux`, in other versions
with colons, semicolons, or one a line. A piece without a sign between name and value belongs to the value before it:
`Contact=Smith, John` is one property. The value of an event is never worth losing it: what fits nowhere is left out.
"""

import re
from functools import lru_cache
from typing import Final

from trapline.normalize.rule import Rule
from trapline.normalize.template import Values
from trapline.protocol.alerts import PROPERTIES_KEPT

_NAME_LENGTH: Final = 100
_VALUE_LENGTH: Final = 300
_SEPARATOR: Final = re.compile(r"[,;\r\n]+")
_SIGN: Final = re.compile(r"[=:]")


def properties_of(rule: Rule, values: Values) -> dict[str, str]:
    """The properties that a rule names; then, under other names, those of its list."""
    found = {name: value[:_VALUE_LENGTH] for name, text in rule.properties if (value := text.render(values))}
    if rule.property_list is not None and (text := rule.property_list.render(values)):
        for name, value in pairs(text):
            if len(found) >= PROPERTIES_KEPT:
                break
            found.setdefault(name, value)
    return found


@lru_cache(maxsize=4096)
def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Names and values of a list of pairs; those without a value are left out."""
    found: list[tuple[str, str]] = []
    for piece in _SEPARATOR.split(text.strip("[]{}() ")):
        # Split and stripped, never matched as a whole: what a sender may send must not take time beyond its length.
        name, *rest = (part.strip() for part in _SIGN.split(piece, maxsplit=1))
        if name and rest:
            found.append((name[:_NAME_LENGTH], rest[0]))
        elif found and piece.strip():
            name, value = found[-1]
            found[-1] = (name, f"{value}, {piece.strip()}" if value else piece.strip())
    return tuple((name, value[:_VALUE_LENGTH]) for name, value in found if value)
