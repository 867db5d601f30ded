"""The only door to WAMP (autobahn). Rooms offer procedures and publish records here and see our errors only."""
