"""Explanations of ledger entries for people: found in a ledger, said in the reader's language."""
