"""What runs on a Crossbar node besides the stages.

broker and kafka_jars: the embedded Kafka · supervise: the parent of every guest · wiring: the node's config
authenticator, hardening, longpoll, static: what Crossbar loads into its router worker
"""
