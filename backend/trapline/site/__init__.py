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
          - "host:claims-db-01.example.com"
          - "oracle_listener:*claims-db-01*"

A server without `targets` gets every target whose name or host is the server's name, with or without its domain.
"""

from trapline.site.inventory import FILE_NAME, load, parse
from trapline.site.model import Inventory, Server
from trapline.site.placement import Placement

__all__ = ["FILE_NAME", "Inventory", "Placement", "Server", "load", "parse"]
