"""What operators decide, as commands.

Consumes: WAMP: trapline.op.target.acknowledge, trapline.op.target.unacknowledge; the router lets operators only
Produces: commands
Key: target id
Delivery: answered when Kafka has accepted every command of the call (acks=all), refused otherwise
State: none; whether a target exists and what a command does to it is decided by track
"""
