"""A limit counts whom an address stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.node.peer import counted_as


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1::5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
    ids=["ipv4", "mapped", "ipv6", "scoped", "no-address", "empty"],
)
def test_an_address_counts_for_its_network(address: str, counted: str) -> None:
    assert counted_as(address) == counted


@given(st.ip_addresses(network="2001:db8:1:2::/64"), st.ip_addresses(network="2001:db8:1:3::/64"))
def test_whoever_has_a_network_has_one_count_and_a_neighbour_another(mine: object, other: object) -> None:
    assert counted_as(str(mine)) == "2001:db8:1:2::/64" != counted_as(str(other))
