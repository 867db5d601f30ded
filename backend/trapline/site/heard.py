"""What an inventory says that nobody has seen yet, and what was seen of which it says nothing. Pure."""

from collections.abc import Iterable

from trapline.document import Document
from trapline.protocol.alerts import Target
from trapline.site.finding import Finding
from trapline.site.model import Inventory
from trapline.site.placement import Placement
from trapline.site.retired import Retired


def unheard(document: Document, inventory: Inventory, known: Iterable[Target]) -> list[Finding]:
    """Warnings by line, then those that are about no line. `known`: the targets that have a status."""
    targets = sorted(known, key=lambda each: each.id)
    placement, retired = Placement(inventory), Retired(inventory)
    claims = {target.id: placement.claim(target) for target in targets}
    servers = {target_id: claim.server if claim else None for target_id, claim in claims.items()}
    heard = {server.name for server in servers.values() if server is not None}
    silent = [
        Finding.warning(document, f"$.servers[{index}]", f"nobody has ever heard of {server.name}")
        for index, server in enumerate(inventory.servers)
        if server.name not in heard
    ]
    named = [
        Finding.warning(
            document,
            f"$.retired[{inventory.retired.index(entry)}]",
            f"{target.id} is on the wall nevertheless; trapline retire it",
        )
        for target in targets
        if (entry := retired.entry(target, claims[target.id])) is not None
    ]
    contested = [
        Finding(0, f"{target.id} belongs to {server.name}, but {', '.join(rivals)} claims it too", is_error=False)
        for target in targets
        if (server := servers[target.id]) is not None and (rivals := placement.rivals(target))
    ]
    unplaced = [
        Finding(0, f"{target.id} belongs to no server; trapline inventory suggest", is_error=False)
        for target in targets
        if servers[target.id] is None and retired.entry(target, None) is None
    ]
    return [*sorted([*silent, *named], key=lambda finding: finding.line), *contested, *unplaced]
