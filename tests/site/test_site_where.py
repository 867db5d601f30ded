"""Conditions on what a target is and what its sender says of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trapline.protocol.alerts import Target
from trapline.site.model import Where
from trapline.site.where import Wheres, conditions, holds, includes, properties

CLAIMS = Target(
    name="CLAIMSP1",
    type="oracle_database",
    host="claims-db-01.example.com",
    properties={"lifecycle_status": "Production", "Cost Center": "4211", "type": "a property that is called so"},
)
WHERES = st.dictionaries(
    st.sampled_from(["type", "name", "host", "site"]),
    st.one_of(
        st.text(alphabet="ab*?", min_size=1, max_size=4),
        st.lists(st.text(alphabet="ab*?", min_size=1, max_size=4), min_size=1, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=3,
)
WORDS = st.text(alphabet="abA", min_size=1, max_size=4)
TARGETS = st.builds(
    Target,
    name=WORDS,
    type=WORDS,
    host=st.one_of(st.none(), WORDS),
    properties=st.dictionaries(st.sampled_from(["site", "Site", "other"]), WORDS),
)


@pytest.mark.parametrize(
    ("where", "is_held"),
    [
        pytest.param({"type": "oracle_database"}, True, id="its type"),
        pytest.param({"type": "host"}, False, id="another type"),
        pytest.param({"type": ("host", "oracle_*")}, True, id="one of a list"),
        pytest.param({"name": "CLAIMS*", "host": "*.example.com"}, True, id="its name and its host"),
        pytest.param({"lifecycle_status": "production"}, True, id="a property in other letters"),
        pytest.param({"Lifecycle Status": "Production"}, True, id="a name with a space"),
        pytest.param({"cost_center": "42*"}, True, id="a user's property"),
        pytest.param({"Cost Center": "43*"}, False, id="another value"),
        pytest.param({"Line of Business": "*"}, False, id="a property that it has not"),
        pytest.param({"type": "oracle_database", "lifecycle_status": "Test"}, False, id="all must hold"),
    ],
)
def test_conditions_hold_for_what_a_target_is_and_is_said_to_be(where: Where, is_held: bool) -> None:
    assert holds(conditions(where), properties(CLAIMS)) is is_held


@given(wheres=st.lists(WHERES, max_size=8), target=TARGETS)
def test_the_first_of_many_conditions_is_the_first_that_holds_by_itself(wheres: list[Where], target: Target) -> None:
    found = properties(target)
    alone = [index for index, where in enumerate(wheres) if holds(conditions(where), found)]
    assert Wheres(wheres).first(found) == (alone[0] if alone else None)


@given(wheres=st.lists(WHERES, min_size=1, max_size=6), target=TARGETS)
def test_conditions_in_the_shadow_of_others_are_never_the_first(wheres: list[Where], target: Target) -> None:
    asked = Wheres(wheres)
    first = asked.first(properties(target))
    assert first is None or asked.shadow(first) is None


@given(wheres=st.lists(WHERES, min_size=2, max_size=6))
def test_every_shadow_that_can_be_seen_is_found(wheres: list[Where]) -> None:
    last = len(wheres) - 1
    seen = [i for i in range(last) if includes(conditions(wheres[i]), conditions(wheres[last]))]
    assert Wheres(wheres).shadow(last) == (seen[0] if seen else None)


@pytest.mark.parametrize("form", ["{:05}", "web-{:05}*"])
def test_of_ten_thousand_conditions_only_a_few_are_looked_at(form: str) -> None:
    wheres: list[Where] = [{"type": ("host", "agent"), "Server": form.format(number)} for number in range(10_000)]
    asked = Wheres(wheres)
    for number in range(0, 10_000, 997):
        target = Target(name="x", type="host", properties={"server": form.format(number).replace("*", "1")})
        found = properties(target)
        assert asked.first(found) == number
        assert len(asked.near(found)) < 500
