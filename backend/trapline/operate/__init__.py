"""What operators and the inventory decide, as commands.

Consumes: WAMP: trapline.op.target.acknowledge, unacknowledge, retire, restore; trapline.op.maintenance.start, end;
          trapline.op.sender.approve, refuse; the router lets operators only; inventory.yaml;
          snmp-traps-unmatched, once somebody asks for trapline.api.inbox.get, which it answers
Produces: commands, senders, site-model
Key: target id, or that of a scope or sender; of senders engine_id/security_name; of site-model the version
Delivery: answered when Kafka has accepted every command of the call (acks=all), refused otherwise; of an inventory at
          least once, its commands before itself, under ids that stay the same
State: none but what was read of the inbox; whether a target exists and what a command does to it is decided by track
"""
