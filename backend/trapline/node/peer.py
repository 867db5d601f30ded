"""Whom a limit counts: the network that an address stands for. Pure.

Rules: an IPv4 address counts for itself, mapped into IPv6 too; an IPv6 address counts for its /64, because whoever has
one address there has them all (RFC 4291 §2.5.1). What is no address counts as it is written.
"""

import ipaddress


def counted_as(address: str) -> str:
    """`192.0.2.1` or `2001:db8::/64`."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, 64), strict=False))
