"""What a trap means: rules as data decide which target it is about, what is wrong with it, and how bad that is.

Consumes: `snmp-traps`
Produces: `alerts`; `snmp-traps-unmatched` (no rule took it, with a reason); `snmp-traps-dead` (unreadable)
Key: target id in `alerts`; as in `snmp-traps` (source_addr + engine_id) in the other two
Delivery: exactly once from topic to topic (Kafka transactions); an event's identity is trap_id + alert_key
State: what became of the traps by sender (`protocol.tally`), beside the offsets that are committed
"""
