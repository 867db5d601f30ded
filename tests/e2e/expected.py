"""What the wall must show: the fold of `snmp-traps` by the pure functions of the rooms, one record after the other."""

from datetime import UTC, datetime

import msgspec

from tests.e2e.load import number_of
from trapline import site
from trapline.kafka.records import Input
from trapline.normalize.component import load_rules
from trapline.normalize.match import match
from trapline.protocol import canary, codec
from trapline.protocol.alerts import AlertEvent
from trapline.protocol.grid import Cell, Trend
from trapline.protocol.status import TargetStatus
from trapline.protocol.traps import PduType, Trap
from trapline.publish.grid import Grid
from trapline.settings import Settings
from trapline.track.lapse import lapse
from trapline.track.reduce import reduce


class Expected:
    """Takes the records of `snmp-traps` as they lie there. Canaries are no cell on the wall."""

    def __init__(self, settings: Settings) -> None:
        self._inventory = site.load(settings.site)
        self._rules = load_rules(settings.site)
        self._statuses: dict[str, TargetStatus] = {}
        self._taken: set[str] = set()
        self._last = ""
        self.numbers: set[int] = set()
        self.informs: set[int] = set()
        self.stored_twice = 0
        self.out_of_order: list[str] = []

    def take(self, record: Input) -> None:
        """One record: a trap that comes again (same trap_id) is counted and changes nothing."""
        trap = codec.decode(record.value or b"", Trap)
        if trap.security_name == canary.SECURITY_NAME:
            return
        if trap.trap_id in self._taken:
            self.stored_twice += 1
            return
        # All of them have one sender, so one partition: its order must be the order of arrival.
        if trap.trap_id < self._last:
            self.out_of_order.append(trap.trap_id)
        self._taken.add(trap.trap_id)
        self._last = trap.trap_id
        if trap.pdu_type is PduType.INFORM:
            assert trap.request_id is not None
            self.informs.add(trap.request_id)
        else:
            self.numbers.add(number_of(trap))
        event = match(trap, self._rules)
        assert isinstance(event, AlertEvent), event
        self._statuses[event.target.id] = reduce(self._statuses.get(event.target.id), event).status or _never()

    def cells(self) -> dict[str, Cell]:
        """By server, without the trend."""
        grid, now = Grid(self._inventory, "expected"), datetime.now(UTC)
        for target_id, status in self._statuses.items():
            grid.update(target_id, lapse(status, now).status)  # what the clock's commands end
        while grid.cut(now):
            pass
        return without_trend(grid.cells)


def without_trend(cells: dict[str, Cell]) -> dict[str, Cell]:
    """The trend compares with a quarter of an hour ago: it changes though nothing happens."""
    return {server: msgspec.structs.replace(cell, trend=Trend.SAME) for server, cell in cells.items()}


def _never() -> TargetStatus:
    raise AssertionError("an event always gives a status")
