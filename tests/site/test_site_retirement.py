"""What is proposed to be retired, and what the inventory retires; and the inventory as a record."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trapline import site
from trapline.protocol.alerts import Target
from trapline.protocol.codec import decode, encode
from trapline.protocol.errors import RecordError
from trapline.protocol.severity import Severity
from trapline.protocol.site_model import SiteModel
from trapline.protocol.status import TargetStatus
from trapline.site.models import History, InForce, in_force, model_of, newest
from trapline.site.retirement import decided, proposals

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HEAD = "site: Test\ntiers: [{id: t}]\nserver_types: [{id: x}]\n"
BOTH = HEAD + "servers:\n- {name: a, tier: t, type: x}\n- {name: b, tier: t, type: x}\n"
ONE = HEAD + "servers:\n- {name: a, tier: t, type: x}\n"


def status(name: str, days_ago: float = 0, type_: str = "host") -> TargetStatus:
    at = NOON - timedelta(days=days_ago)
    return TargetStatus(
        target=Target(name=name, type=type_),
        severity=Severity.CLEARED,
        since=at,
        last_heard_at=at,
        reason="test",
        rule_id="r",
    )


def history(*texts: str) -> list[InForce]:
    """One inventory a day, the last since yesterday."""
    return [InForce(NOON - timedelta(days=len(texts) - index), site.parse(text)) for index, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "known", "reasons"),
    [
        pytest.param([BOTH], status("b", 999), {}, id="what is placed is not proposed"),
        pytest.param([ONE], status("b", 999), {}, id="what was never placed is not gone"),
        pytest.param([BOTH, ONE], status("a"), {}, id="what is still placed"),
        pytest.param(
            [BOTH, ONE],
            status("b"),
            {"host:b": "gone from the inventory: until 2026-03-01 12:00 UTC it belonged to b"},
            id="gone since yesterday",
        ),
        pytest.param(
            [BOTH, ONE, ONE + "retire_after: 1d", ONE],
            status("b"),
            {"host:b": "gone from the inventory: until 2026-02-27 12:00 UTC it belonged to b"},
            id="gone for longer",
        ),
        pytest.param([BOTH, ONE, BOTH], status("b"), {}, id="back again"),
        pytest.param([BOTH + "retire_after: 90d"], status("b", 90), {}, id="not yet for long enough"),
        pytest.param(
            [BOTH + "retire_after: 90d"],
            status("b", 91.5),
            {"host:b": "nothing was heard of it for 91d 12h; retire_after is 90d"},
            id="nothing heard for long",
        ),
        pytest.param(
            [BOTH, ONE + "retired: ['host:b*']"],
            status("b"),
            {"host:b": "the inventory's `retired` names it (host:b*), and it was restored or heard of since"},
            id="retired and there nevertheless",
        ),
        pytest.param([BOTH, ONE], status("b", type_="trapline_canary"), {}, id="a canary is no target"),
        pytest.param([BOTH + "retire_after: 1d"], status("tier/t", 9, "trapline_scope"), {}, id="nor is a scope"),
    ],
)
def test_what_is_proposed_and_why(texts: list[str], known: TargetStatus, reasons: dict[str, str]) -> None:
    *earlier, today = history(*texts)
    found = proposals([known], today, reversed(earlier), NOON)
    assert {one.target_id: one.reason for one in found} == reasons


def test_what_is_due_for_the_longest_stands_first() -> None:
    (today,) = history(BOTH + "retire_after: 1d")
    found = proposals([status("a", 5), status("b", 7)], today, [], NOON)
    assert [(one.target_id, one.server) for one in found] == [("host:b", "b"), ("host:a", "a")]


@pytest.mark.parametrize(
    ("before", "after", "retired"),
    [
        pytest.param(None, ONE + "retired: ['host:b']", ["host:b"], id="the first inventory"),
        pytest.param(BOTH, ONE + "retired: ['host:b']", ["host:b"], id="named now"),
        pytest.param(ONE + "retired: ['host:b']", ONE + "retired: ['host:b', 'host:c']", ["host:c"], id="one more"),
        pytest.param(
            ONE + "retired: ['host:b', 'host:c']", ONE + "retired: ['*:?']", [], id="named before is dealt with"
        ),
        pytest.param(BOTH, BOTH + "retired: ['*:*']", ["host:c"], id="a pattern leaves what is listed alone"),
        pytest.param(BOTH, BOTH + "retired: ['*:*', 'host:b']", ["host:b", "host:c"], id="an id does not"),
        pytest.param(BOTH, ONE, [], id="gone is not retired"),
    ],
)
def test_the_inventory_retires_what_it_names_and_did_not_name_before(
    before: str | None, after: str, retired: list[str]
) -> None:
    known = [
        *(Target(name=name, type="host") for name in ("c", "b", "a")),
        Target(name="n", type="trapline_canary"),
        Target(name="tier/t", type="trapline_scope"),
    ]
    found = decided(known, site.parse(after), site.parse(before) if before else None)
    assert [one.target_id for one in found] == retired
    assert all("the inventory's `retired` names it" in one.reason for one in found)


def test_an_inventory_comes_back_from_its_record_as_it_was() -> None:
    inventory = site.load(Path(__file__).resolve().parents[2] / "examples" / "site")
    model = decode(encode(model_of(inventory, "node-1", NOON)), SiteModel)
    assert in_force(model) == InForce(NOON, inventory)
    assert model.digest == model_of(inventory, "node-2", NOON + timedelta(days=1)).digest
    assert model.version.startswith("2026-03-02T12:00:00.000000Z-")


def test_a_record_that_holds_no_inventory_is_refused() -> None:
    model = model_of(site.parse(ONE), "n", NOON)
    for octets in (b"", b"no deflated octets", model.inventory[:-9]):
        broken = SiteModel(version="v", since_at=NOON, node="n", digest="d", inventory=octets)
        with pytest.raises(RecordError, match="version v cannot be read"):
            in_force(broken)


def test_the_newest_version_is_in_force_in_whatever_order_they_are_read() -> None:
    models = [model_of(site.parse(text), "n", NOON + timedelta(seconds=at)) for at, text in enumerate((BOTH, ONE))]
    assert newest(models) == newest(reversed(models)) == models[1]
    assert newest([]) is None


def test_a_history_is_the_newest_first_and_forgets_the_oldest() -> None:
    known = History(most=2)
    models = [
        model_of(site.parse(text), "n", NOON + timedelta(days=at)) for at, text in enumerate((BOTH, ONE, BOTH, ONE))
    ]
    for at in (3, 0, 2, 1):
        known.take(models[at])
    assert list(known.newest_first()) == [in_force(models[3]), in_force(models[2])]


def test_todays_inventory_holds_since_it_was_written_and_until_then_since_now() -> None:
    known = History()
    assert known.today(site.parse(ONE), NOON) == InForce(NOON, site.parse(ONE))
    known.take(model_of(site.parse(ONE), "n", NOON - timedelta(days=1)))
    assert known.today(site.parse(ONE), NOON).since_at == NOON - timedelta(days=1)
    assert known.today(site.parse(BOTH), NOON).since_at == NOON


def test_a_record_that_cannot_be_read_is_not_in_the_history() -> None:
    known = History()
    with pytest.raises(RecordError):
        known.take(SiteModel(version="v", since_at=NOON, node="n", digest="d", inventory=b""))
    assert list(known.newest_first()) == []
