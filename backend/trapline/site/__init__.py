"""The site as people describe it: `inventory.yaml`, read once, checked, frozen. No room, no Kafka, no WAMP.

    site: Claims platform
    time_zone: Europe/Zurich               # the one time zone in which the wall shows times
    tiers:                                 # rows of the wall, in this order
      - {id: web, label: Web}
      - {id: database, label: Database}
    server_types:                          # columns of the wall, in this order
      - {id: host, label: Host}
      - {id: db, label: Oracle database}
    servers:
      - {name: claims-web-01, tier: web, type: host}
      - name: claims-db-01
        tier: database
        type: db
        targets:                           # what belongs to it, as type:name; * and ? match anything
          - oracle_database:CLAIMSP1
          - "oracle_listener:*claims-db-01*"
        where: {type: oracle_pdb, host: "claims-db-01*"}     # and what has these properties
    placements:                            # what no server claims appears by itself, by its properties
      - {where: {type: oracle_database, lifecycle_status: Production}, tier: database, type: db}
    senders:                               # when nothing is heard of it, what it tells of is unknown
      - {name: OMS, addresses: [10.20.1.5], period: 15m, heartbeat: a job's status every 5 minutes}
    periods:                               # targets that are silent by themselves
      - {where: {type: apc_ups}, period: 26h}
    retired: ["host:old-*"]
    retire_after: 90d

A server without `targets` and `where` gets every target whose name or host is the server's name, with or without its
domain.
"""

from trapline.site.inventory import FILE_NAME, changed_at, load, parse
from trapline.site.model import Inventory, Server
from trapline.site.placement import Placement

__all__ = ["FILE_NAME", "Inventory", "Placement", "Server", "changed_at", "load", "parse"]
