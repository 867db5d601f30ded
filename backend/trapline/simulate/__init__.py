"""A site's Oracle Enterprise Manager, played from a scenario: real SNMP packets, the same ones for the same seed.

scenario   YAML to Scenario, with errors that name the line        pure
catalogue  what OEM says about each type of target                 pure
timeline   Scenario, inventory, seed to events in order of time    pure
oem        one event to the varbinds OEM sends about it            pure
packets    varbinds to SNMP v1 or v3 datagrams                     pure
play       datagrams to a UDP socket at their time                 the one with a clock and a socket
"""
