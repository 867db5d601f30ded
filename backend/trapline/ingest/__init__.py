"""From datagrams to records: what came in over UDP is in Kafka, or on disk until Kafka has it.

Consumes: UDP datagrams on every trap socket (SNMPv1 and v2c traps, v3 notifications, informs); `snmp-held`, `senders`.
Produces: `snmp-traps`, one `Trap` a notification; `snmp-held`, what unknown v3 senders sent; answers to informs;
    `trapline.api.funnel.get`, `trapline.api.senders.get`.
Key: source_addr, and `/engine_id` behind it for v3: order and parallelism are per sender; `snmp-held`: engine_id/user.
Delivery: at least once from the moment of receipt; a repeat carries the same trap_id (law 2). What was held is released
    exactly once: the trap and the end of its holding are one transaction.
State: home/ingest: the spool, the last trap id, engine boots, the peers' clocks and v3 digests; all else is in memory.
"""
