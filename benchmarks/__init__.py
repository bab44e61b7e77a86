"""Keyday beside a pass-through and a stock Faust app, on one real broker: ``python -m benchmarks``."""
