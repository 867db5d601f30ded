"""Trapline: SNMP traps come in over UDP, become alerts, become the status of targets, and are seen on a wall.

ingest -> normalize -> track -> publish; operate takes what operators decide. Rooms meet on Kafka topics only.
"""

__version__ = "0.1.0"
