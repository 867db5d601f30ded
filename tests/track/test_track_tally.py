"""What track counts of its input, in words that the funnel can explain."""

from datetime import UTC, datetime

from tests.track.events import DATABASE, NODE, cleared, command, raised, updated
from trapline.kafka.records import Input
from trapline.protocol import codec, topics
from trapline.protocol.commands import CLOCK, Action
from trapline.protocol.tally import OPERATORS, OTHERS, TRACKED, Tally
from trapline.settings import load
from trapline.track.component import Tracker

KEY = DATABASE.id.encode()
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def test_each_record_is_counted_once_by_what_became_of_it() -> None:
    ours = Tracker(load({}))
    ours._known = {3: {}}
    acknowledged = command(Action.ACKNOWLEDGE, 6)
    events = [raised(1), raised(1), raised(3), cleared(2), updated(4, "other"), raised(5, target=NODE)]
    ours.process(
        [
            *(Input("alerts", 3, n, each.target.id.encode(), codec.encode(each)) for n, each in enumerate(events)),
            Input("alerts", 3, 6, KEY, b"{"),
            Input("commands", 3, 0, KEY, codec.encode(acknowledged)),
        ]
    )

    def counts(topic: topics.Topic) -> dict[str, dict[str, int]]:
        return codec.decode(ours.tallies.committed(topic.name, 3, NOW).encode(), Tally).counts

    counted = counts(topics.ALERTS)
    assert {
        "192.0.2.10": {"counted": 3, "repeated": 1, "late": 1, "canary": 1},
        OTHERS: {"refused": 1},
    } == counted
    assert {OPERATORS: {"counted": 1}} == counts(topics.COMMANDS)
    assert {outcome for each in counted.values() for outcome in each} <= TRACKED.keys()
    assert CLOCK not in counted
