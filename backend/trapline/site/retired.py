"""What the inventory's `retired` takes off the wall. Pure.

A target that it names by its id, always. A target that a pattern names, unless a server of the list claims it: a
pattern that is too wide must not take the wall down, and what is listed is meant to be there.
"""

from trapline.protocol.alerts import Target
from trapline.site.model import Inventory
from trapline.site.pattern import Patterns, is_pattern
from trapline.site.placement import LISTED, Claim


class Retired:
    """Looks targets up."""

    def __init__(self, inventory: Inventory) -> None:
        self._exact = {entry: entry for entry in inventory.retired if not is_pattern(entry)}
        self._entries = [entry for entry in inventory.retired if is_pattern(entry)]
        self._patterns = Patterns(self._entries)

    def entry(self, target: Target, claim: Claim | None) -> str | None:
        """The entry that names the target; `claim` is the placement's."""
        if (exact := self._exact.get(target.id)) is not None:
            return exact
        index = self._patterns.first(target.id)
        if index is None or (claim is not None and claim.rank == LISTED):
            return None
        return self._entries[index]
