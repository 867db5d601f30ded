"""DISPLAY-HINTs (RFC 2579 section 3.1): how a number or octets are shown. Pure; a hint that is none changes nothing."""

import re
from typing import Final

_INTEGER: Final = re.compile(r"d(?:-(\d{1,9}))?|([xob])")
_PART: Final = re.compile(r"(\*?)(\d{1,9})([xdoat])([^\d*]?)([^\d*]?)")
_NUMBER_OCTETS: Final = 8  # no number of SNMP has more, and Python writes none of over 4,300 digits
_BASES: Final = {"x": "x", "o": "o", "b": "b"}


def integer(value: int, hint: str) -> str:
    """`d-2` shows 1234 as 12.34."""
    found = _INTEGER.fullmatch(hint)
    if found is None:
        return str(value)
    if found[2]:
        return format(value, _BASES[found[2]])
    places = min(int(found[1] or 0), 20)
    if places == 0:
        return str(value)
    digits = str(abs(value)).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def octets(raw: bytes, hint: str) -> str | None:
    """Octets by their hint; None when there is no hint, or the octets are not what it says."""
    parts = _PART.findall(hint)
    if not hint or "".join(map("".join, parts)) != hint or any(int(part[1]) == 0 for part in parts):
        return None
    shown: list[str] = []
    at = index = 0
    while at < len(raw):
        # The last part repeats as long as there are octets.
        star, length, form, separator, terminator = parts[min(index, len(parts) - 1)]
        index += 1
        repeats = 1
        if star:
            repeats, at = raw[at], at + 1
        for turn in range(repeats):
            piece = raw[at : at + int(length)]
            at += int(length)
            text = _piece(piece, form)
            if text is None:
                return None
            shown.append(text)
            is_last = at >= len(raw)
            if not is_last:
                shown.append(terminator if terminator and turn == repeats - 1 else separator)
            else:
                break
    return "".join(shown)


def _piece(piece: bytes, form: str) -> str | None:
    if form in "at":
        try:
            text = piece.decode("utf-8" if form == "t" else "ascii")
        except UnicodeDecodeError:
            return None
        return text if text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable() else None
    if form == "x":
        return piece.hex()
    if len(piece) > _NUMBER_OCTETS:
        return None
    return format(int.from_bytes(piece, "big"), form)
