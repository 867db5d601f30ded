"""Who reads PDUs: the compiled twin (`_twin.c`) where it was built, else its reference in Python, `pdu`.

Both give the same octets for the same datagram, and refuse the same ones with the same words. The twin is built when
the package is installed where there is a C compiler, and is not missed where there is none (decision 0010).
"""

from collections.abc import Callable
from contextlib import suppress

from trapline.snmp import pdu

Read = Callable[[bytes, int, int], pdu.Pdu]

read_v1: Read = pdu.read_v1
read_v2: Read = pdu.read_v2
IS_COMPILED = False

with suppress(ImportError):
    from trapline.snmp import _twin

    read_v1, read_v2, IS_COMPILED = _twin.read_v1, _twin.read_v2, True
