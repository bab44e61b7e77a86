"""Bytes to facts and back: codec, decode errors, schemas, the program file."""
