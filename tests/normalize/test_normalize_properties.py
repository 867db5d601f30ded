"""Lists of name and value pairs, as senders write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.normalize.properties import pairs


@pytest.mark.parametrize(
    "written",
    [
        "Platform=x86_64, Operating System=Linux",
        "Platform:x86_64,Operating System:Linux",
        "Platform = x86_64; Operating System = Linux;",
        "Platform=x86_64\nOperating System=Linux\n",
        "[Platform=x86_64, Operating System=Linux]",
        "Comment=, Platform=x86_64, Operating System=Linux, Contact:",
    ],
    ids=["equals", "colons", "semicolons", "lines", "brackets", "empty values"],
)
def test_pairs_are_read_in_every_way_they_are_written(written: str) -> None:
    assert {"Platform": "x86_64", "Operating System": "Linux"} == dict(pairs(written))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Contact=Smith, John, Site=A", {"Contact": "Smith, John", "Site": "A"}),
        ("Page=https://cmdb.example.com/?id=7", {"Page": "https://cmdb.example.com/?id=7"}),
        ("no pair at all", {}),
        ("", {}),
        ("Platform=x86_64, Operating Sys", {"Platform": "x86_64, Operating Sys"}),
    ],
    ids=["a comma in a value", "a URL", "no pair", "nothing", "cut short"],
)
def test_what_is_no_pair_belongs_to_the_value_before_it(written: str, read: dict[str, str]) -> None:
    assert read == dict(pairs(written))


@given(st.text(max_size=400))
def test_any_text_is_read_without_an_error_and_no_property_is_empty_or_long(written: str) -> None:
    assert all(name and 0 < len(value) <= 300 and len(name) <= 100 for name, value in pairs(written))


def test_no_text_takes_time_beyond_its_length() -> None:
    """An expression that matched pairs as wholes took hours for this; a test that does not end is a failure."""
    assert {"a": "b, c"} == dict(pairs("a=b," + 60_000 * " " + "c"))
    assert () == pairs(60_000 * " " + "x" + 60_000 * " ")
