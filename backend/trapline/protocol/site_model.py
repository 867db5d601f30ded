"""The inventory as it was in force: topic `site-model`, key `version`.

What is said about the past uses the model of then. Versions are in the order of their text: the time since
which, then a digest of what it says.
"""

from datetime import datetime

from trapline.protocol.record import Record, check_times


class SiteModel(Record, frozen=True, kw_only=True):
    """In force from `since_at` until the next version's. `inventory`: its JSON, deflated (RFC 1950), because that of
    10,000 servers is larger than a record may be. `digest`: of the JSON, so that the same is not written twice.
    """

    version: str
    since_at: datetime
    node: str
    digest: str
    inventory: bytes

    def __post_init__(self) -> None:
        check_times(self.since_at)
