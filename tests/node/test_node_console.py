"""The terminal is calm: milestones while the node comes up, then only what is wrong."""

import logging

import pytest

from trapline.node.console import Console, Phase, worth_showing

GUEST = "2026-11-23T18:02:15+0000 [Guest       11249] "
UP, LATE, READY = Phase.COMING_UP, Phase.LATE, Phase.READY


@pytest.mark.parametrize(
    ("text", "shown_in"),
    [
        ("INFO ingest: receiving on UDP :: port 1162", {UP, LATE}),
        ("INFO publish: joined the router", {UP, LATE}),
        ("INFO normalize: topic alerts made", set()),
        ("WARNING ingest: no router yet; trying again", {LATE, READY}),
        ("WARNING supervise track: killed by signal 9; again in 0.25 s", {UP, LATE, READY}),
        ("ERROR broker: TCP port 19092 on 127.0.0.1 is taken", {UP, LATE, READY}),
        ("Traceback (most recent call last):", set()),
        ("{'x_cb_node': 'trapline'}", set()),
    ],
    ids=["milestone", "joined", "detail", "looking-for-others", "supervisor", "error", "traceback", "no-level"],
)
@pytest.mark.parametrize("phase", list(Phase))
def test_a_line_is_shown_when_a_person_wants_it_and_without_the_routers_prefix(
    text: str, shown_in: set[Phase], phase: Phase
) -> None:
    words = worth_showing(GUEST + text, phase)
    assert bool(words) == (phase in shown_in)
    assert words.strip().removeprefix("INFO ") in text


def test_a_line_that_is_not_crossbars_is_not_shown() -> None:
    assert worth_showing("None", READY) == ""


def test_everything_is_in_the_log_and_the_welcome_comes_once(caplog: pytest.LogCaptureFixture) -> None:
    shown: list[str] = []
    console = Console(logging.getLogger("test.console"), shown.append, lambda seconds: f"welcome {seconds:g}")
    caplog.set_level(logging.INFO)
    console.line(GUEST + "INFO normalize: topic alerts made")
    console.ready(7.0)
    console.line(GUEST + "INFO publish: joined the router")
    console.going_down()
    console.line(GUEST + "ERROR track: the router is gone")
    console.coming_up()
    console.ready(5.0)
    assert shown == ["welcome 7", "trapline: the wall is back after 5.0 s"]
    assert len(caplog.messages) == 5
