"""Serves the inbox. Nothing is read until somebody asks; from then on only what is new."""

import asyncio
import time
from typing import Final

from trapline.inbox.groups import Groups
from trapline.kafka.admin import ensure_topics
from trapline.kafka.reader import Follower
from trapline.mibs import store
from trapline.protocol import codec, uris
from trapline.protocol.errors import KafkaUnavailable, RecordError, Refused
from trapline.protocol.grid import Inbox
from trapline.protocol.topics import SNMP_TRAPS_UNMATCHED
from trapline.protocol.traps import Unmatched
from trapline.settings import Settings

_LONGEST_S: Final = 3.0
_POLL_S: Final = 0.1


class InboxReader:
    """`get` is the handler of `trapline.api.inbox.get`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._follower: Follower | None = None
        self._groups = Groups()

    async def get(self, trap_oid: str | None = None) -> Inbox:
        """All groups; or those of one trap OID, with its newest trap and a rule to start from."""
        async with self._lock:
            try:
                return await asyncio.to_thread(self._read, trap_oid)
            except KafkaUnavailable as error:
                raise Refused(uris.ERROR_NOT_ACCEPTED, f"the inbox cannot be read now: {error}; try again") from error

    def _read(self, trap_oid: str | None) -> Inbox:
        deadline = time.monotonic() + _LONGEST_S
        if self._follower is None:
            ensure_topics(self._settings, (SNMP_TRAPS_UNMATCHED,), patience_s=_LONGEST_S)
            self._follower = Follower(self._settings, SNMP_TRAPS_UNMATCHED)
        is_complete = False
        while not is_complete and time.monotonic() < deadline:
            records = self._follower.poll(_POLL_S)
            is_complete = not records and self._follower.is_caught_up
            for record in records:
                try:
                    self._groups.add(codec.decode(record.value or b"", Unmatched))
                except RecordError:
                    continue  # nobody else than normalize writes here; one that cannot be read groups nowhere
        # Read anew: `trapline mib add` may have taught names meanwhile.
        inbox = self._groups.inbox(store.load(self._settings.home), trap_oid)
        return inbox if is_complete else _incomplete(inbox)


def _incomplete(inbox: Inbox) -> Inbox:
    return Inbox(
        groups=inbox.groups, is_complete=False, left_out=inbox.left_out, untold=inbox.untold, sample=inbox.sample
    )
