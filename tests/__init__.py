"""Tests mirror the modules; `tests/kafka` needs a broker."""
