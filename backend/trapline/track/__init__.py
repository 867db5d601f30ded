"""What is the matter with each target now: the fold of its events and of what operators decided.

Consumes: `alerts`, `commands` (co-partitioned by target)
Produces: `status` (compacted), `status-changes` (history); `alerts-dead`, `commands-dead`
Key: target id; `status` and `status-changes` keep the partition number of their input
Delivery: exactly once from topic to topic (Kafka transactions); a repeated event changes nothing
State: TargetStatus per target, read from `status` when a partition is assigned
"""
