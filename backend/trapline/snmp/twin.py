"""Who reads octets: the compiled twin (`_twin.c`) where it was built, else its reference in Python: `pdu`, `header`.

Both give the same octets for the same datagram, and refuse the same ones with the same words. The twin is built when
the package is installed where there is a C compiler, and is not missed where there is none (decision 0010).
"""

from collections.abc import Callable
from contextlib import suppress

from trapline.snmp import header, pdu


def python_xor(left: bytes, right: bytes) -> bytes:
    """Of octets of the same number."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


read_v1: Callable[[bytes, int, int], pdu.Pdu] = pdu.read_v1
read_v2: Callable[[bytes, int, int], pdu.Pdu] = pdu.read_v2
read_header: Callable[[bytes, int, int], header.Header] = header.read_header
xor: Callable[[bytes, bytes], bytes] = python_xor
IS_COMPILED = False

# AttributeError: one that was built from an older source lacks a name, and is as if there were none.
with suppress(ImportError, AttributeError):
    from trapline.snmp import _twin

    read_v1, read_v2, read_header, xor = _twin.read_v1, _twin.read_v2, _twin.read_header, _twin.xor
    IS_COMPILED = True
