"""Folds of the output topics into queryable tables, and the HTTP API over them."""
