"""The dashboard: pages over the tables, made on the server, in the reader's language."""
