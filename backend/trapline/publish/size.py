"""How large a message to a browser may be. Pure.

The router drops a message that is larger than its transports' `max_message_size` (.crossbar/config.json), and small
messages do not make others wait: a snapshot of 10,000 servers is some 25 pages, a storm is spread over frames.
"""

from typing import Final

import msgspec

MOST_OCTETS: Final = 96 * 1024
"""A message is closed when it has reached this; what a cell can add to that stays below the transports' limit."""


def octets_of(record: object) -> int:
    """The size in JSON."""
    return len(msgspec.json.encode(record))
