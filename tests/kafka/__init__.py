"""Tests on a real Apache Kafka broker."""
