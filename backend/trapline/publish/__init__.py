"""The wall's source: the whole grid in memory, a snapshot for who comes, frames for who stays.

Consumes: status, retirements and site-model (compacted), from their beginning, without a group; inventory.yaml
Produces: WAMP: trapline.api.grid.get, trapline.api.target.get, trapline.api.maintenance.get,
          trapline.api.retirements.get, trapline.ev.grid.changed, trapline.ev.heartbeat
Key: target id in, server out
Delivery: the last state of each cell, in frames numbered within an epoch; a gap means: take a snapshot
State: none that matters; the grid is read from Kafka again at each start, and before anything is registered
"""
