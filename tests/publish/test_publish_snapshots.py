"""Pages that stay what they were."""

import pytest

from trapline import site
from trapline.protocol import uris
from trapline.protocol.errors import Refused
from trapline.protocol.grid import Cell, GridFrame
from trapline.protocol.severity import Severity
from trapline.publish.snapshots import LIFETIME_S, MOST_PINNED, Snapshots

INVENTORY = site.parse("site: Test\ntiers: [{id: t, label: Tier}, {id: u}]\nserver_types: [{id: x}]")


def cell(name: str, severity: Severity = Severity.CLEARED) -> Cell:
    return Cell(server=name, tier="t", server_type="x", severity=severity)


def snapshots(*names: str, page_cells: int = 2) -> Snapshots:
    made = Snapshots(INVENTORY, "e", page_cells=page_cells, heartbeat_interval_s=2)
    made.start([cell(name) for name in names])
    return made


def test_every_page_says_site_and_position() -> None:
    made = snapshots("a", "b", "c")
    first = made.first(0, 0)
    second = made.further(1, "e", 0, 0)
    for number, page in enumerate((first, second)):
        assert (page["epoch"], page["frame"], page["page"], page["pages"]) == ("e", 0, number, 2)
        assert [(tier["id"], tier["label"]) for tier in page["tiers"]] == [
            ("t", "Tier"),
            ("u", "u"),
            ("unplaced", "Not in the inventory"),
        ]
    assert [one["server"] for page in (first, second) for one in page["cells"]] == ["a", "b", "c"]


@pytest.mark.parametrize(("cells", "pages"), [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2)])
def test_a_snapshot_has_a_page_even_when_it_is_empty(cells: int, pages: int) -> None:
    first = snapshots(*(str(number) for number in range(cells))).first(0, 0)
    assert (first["pages"], len(first["cells"])) == (pages, min(cells, 2))


def test_a_pinned_snapshot_does_not_see_later_frames() -> None:
    made = snapshots("a", "b", "c")
    made.first(0, 0)
    made.apply(GridFrame(epoch="e", frame=1, cells=(cell("c", Severity.MAJOR),), removed=("a",)))
    assert [one["severity"] for one in made.further(1, "e", 0, 0)["cells"]] == ["cleared"]
    assert [(one["server"], one["severity"]) for one in made.first(1, 0)["cells"]] == [("b", "cleared"), ("c", "major")]


def test_all_who_ask_between_two_frames_share_one_page() -> None:
    made = snapshots("a")
    assert made.first(0, 0) is made.first(0, 1)


@pytest.mark.parametrize(
    ("page", "epoch", "frame", "now", "uri"),
    [
        pytest.param(1, "other", 0, 0, uris.ERROR_SNAPSHOT_EXPIRED, id="another epoch"),
        pytest.param(1, "e", 9, 0, uris.ERROR_SNAPSHOT_EXPIRED, id="a frame that nobody pinned"),
        pytest.param(1, "e", None, 0, uris.ERROR_SNAPSHOT_EXPIRED, id="no frame"),
        pytest.param(1, "e", 0, LIFETIME_S, uris.ERROR_SNAPSHOT_EXPIRED, id="too late"),
        pytest.param(2, "e", 0, 0, uris.ERROR_INVALID_ARGUMENT, id="past the last page"),
        pytest.param(-1, "e", 0, 0, uris.ERROR_INVALID_ARGUMENT, id="before the first page"),
    ],
)
def test_a_page_that_is_not_there_is_refused(page: int, epoch: str, frame: int | None, now: float, uri: str) -> None:
    made = snapshots("a", "b", "c")
    made.first(0, 0)
    with pytest.raises(Refused) as caught:
        made.further(page, epoch, frame, now)
    assert caught.value.uri == uri


def test_a_snapshot_that_is_asked_for_again_lives_on() -> None:
    made = snapshots("a", "b", "c")
    made.first(0, 0)
    made.first(0, LIFETIME_S - 1)
    assert made.further(1, "e", 0, LIFETIME_S + 1)["page"] == 1


def test_the_number_of_pinned_snapshots_is_bounded_and_the_oldest_goes_first() -> None:
    made = snapshots("a", "b", "c")
    for frame in range(MOST_PINNED + 1):
        made.first(frame, 0)
    with pytest.raises(Refused):
        made.further(1, "e", 0, 0)
    assert made.further(1, "e", 2, 0)["frame"] == 2
