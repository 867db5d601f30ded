"""The reference, by the names that the compiled twin has."""

from collections.abc import Callable
from typing import Any

from trapline.snmp import header, pdu, twin

PYTHON: dict[str, Callable[..., Any]] = {
    "read_v1": pdu.read_v1,
    "read_v2": pdu.read_v2,
    "read_header": header.read_header,
    "xor": twin.python_xor,
}
