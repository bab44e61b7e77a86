"""The machinery that knows Kafka, RocksDB and Faust, and no loyalty."""
