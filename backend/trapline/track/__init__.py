"""What is the matter with each target now: the fold of its events and of what operators and the clock decided.

Consumes: `alerts`, `commands` (co-partitioned by target)
Produces: `status` (compacted), `status-changes` (history), `retirements` (compacted); the clock's decisions to
          `commands`, from where they are consumed like all others; `alerts-dead`, `commands-dead`
Key: target id; all but the dead letters keep the partition number of their input
Delivery: exactly once from topic to topic (Kafka transactions); a repeated event changes nothing
State: TargetStatus or Retirement per target, read from `retirements` and `status` when a partition is assigned; what
       became of the records by sender (`protocol.tally`), beside the offsets that are committed
"""
