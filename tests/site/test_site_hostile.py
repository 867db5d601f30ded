"""Whatever stands in the file: one sentence or an inventory, never anything else; and check agrees with load."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from trapline import document, site
from trapline.protocol.errors import SettingError
from trapline.site.inventory import examine
from trapline.site.model import Inventory

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(
        ["", " ", "a", "web", "host", "host:a", "host:*", "*", "15m", "10.0.0.1", "10.0.0.0/99", "Europe/Zurich"]
    ),
)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["name", "tier", "type", "id", "where", "targets", "period", "x"]), inner, max_size=4
        ),
    ),
    max_leaves=12,
)
FILES = st.one_of(
    ANYTHING,
    st.dictionaries(st.sampled_from([*Inventory.__struct_fields__, "serverz"]), ANYTHING, max_size=6),
    st.fixed_dictionaries(
        {
            "site": st.just("A"),
            "tiers": st.just([{"id": "web"}]),
            "server_types": st.just([{"id": "host"}]),
            "servers": st.lists(
                st.fixed_dictionaries(
                    {"name": st.sampled_from(["a", "b", "a.x"]), "tier": st.just("web"), "type": st.just("host")},
                    optional={
                        "targets": st.lists(st.sampled_from(["host:a", "host:*", "host", "*:a*"]), max_size=2),
                        "where": st.dictionaries(st.sampled_from(["type", "Site"]), PLAIN, max_size=2),
                        "period": PLAIN,
                    },
                ),
                max_size=3,
            ),
            "retired": st.lists(PLAIN, max_size=2),
        }
    ),
)


@given(values=FILES)
@settings(max_examples=500)
def test_check_finds_errors_exactly_where_load_refuses(values: Any) -> None:
    text = json.dumps(values, indent=1)  # which is YAML too, with lines
    inventory, findings = examine(document.parse(text, "inventory.yaml"))
    loaded: Inventory | None = None
    sentence = ""
    try:
        loaded = site.parse(text)
    except SettingError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert inventory == loaded
    assert (loaded is None) == any(finding.is_error for finding in findings)
    assert all(1 <= finding.line <= text.count("\n") + 1 for finding in findings)
