"""The only door to Kafka (confluent_kafka). Rooms read and write topics through here and see our errors only."""
