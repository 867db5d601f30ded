"""What the operators' commands have in common: a session with the node, and what people call a target."""

import contextlib
import os
import pwd
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import click
import msgspec

from trapline.cli.moments import moment
from trapline.protocol import uris
from trapline.protocol.errors import SettingError, TraplineError
from trapline.protocol.grid import ServerDetail
from trapline.protocol.upkeep import MaintenanceList, RetirementList
from trapline.settings import load
from trapline.wamp.client import Client

_SEEN_S = 5.0


class Desk:
    """The node, as the command line sees it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def order(self, uri: str, *args: Any, **kwargs: Any) -> list[str]:
        """The ids of the commands that Kafka has accepted."""
        return list(self._client.call(uri, *args, **kwargs)["command_ids"])

    def targets(self, words: Sequence[str], *, open_only: bool = False) -> list[str]:
        """Target ids: `type:name` as it is, a server's name as its targets (or those of them with an open alert)."""
        found: list[str] = []
        for word in words:
            if ":" in word:
                found.append(word)
                continue
            detail = self.server(word)
            ids = [status.target.id for status in detail.targets if status.open_alerts or not open_only]
            if not ids:
                what = "no open alert" if open_only and detail.targets else "no target that was ever heard of"
                raise TraplineError(f"{word} has {what}")
            found += ids
        return list(dict.fromkeys(found))

    def server(self, name: str) -> ServerDetail:
        """What is behind a cell. Raises Refused where the wall has none of that name."""
        return msgspec.convert(self._client.call(uris.TARGET_GET, name), ServerDetail)

    def retirements(self) -> RetirementList:
        return msgspec.convert(self._client.call(uris.RETIREMENTS_GET), RetirementList)

    def maintenance(self) -> MaintenanceList:
        return msgspec.convert(self._client.call(uris.MAINTENANCE_GET), MaintenanceList)

    def wall(self) -> tuple[ZoneInfo, dict[str, str]]:
        """The site's time zone, and its tiers by id."""
        page = self._client.call(uris.GRID_GET)
        return ZoneInfo(page["time_zone"]), {tier["id"]: tier["label"] for tier in page["tiers"]}

    def moment(self, text: str | None, after: datetime | None = None) -> datetime | None:
        """A time as people write it, by the site's clock; `2h` and `06:00` are after now, or `after` what is given."""
        if text is None:
            return None
        try:
            return moment(text, self.wall()[0], after or datetime.now(UTC))
        except ValueError as error:
            raise SettingError(str(error)) from None

    def retired_now(self, target_ids: Sequence[str], *, is_retired: bool) -> list[str]:
        """Those of the targets that the wall has taken off, or put back, within five seconds."""
        for _ in range(int(_SEEN_S / 0.25)):
            off = {one.target_id for one in self.retirements().retired}
            done = [target_id for target_id in target_ids if (target_id in off) is is_retired]
            if len(done) == len(target_ids):
                break
            Event().wait(0.25)
        return done


@contextlib.contextmanager
def desk() -> Iterator[Desk]:
    """A session with the node of TRAPLINE_HOME, as who runs the command."""
    with Client(load(), _user()) as client:
        yield Desk(client)


def undo(*words: str) -> None:
    """The line that takes it back."""
    click.echo(f"undo: trapline {shlex.join(words)}")


def _user() -> str:
    # The name somebody logged in with stays the same through sudo; without a terminal it is the process's own.
    try:
        name = os.getlogin()
    except OSError:
        name = pwd.getpwuid(os.getuid()).pw_name
    return re.sub(r"[^A-Za-z0-9._@-]", "_", name)[:60]
