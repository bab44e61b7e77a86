"""Kills workers at random moments and at each step of the protocol, then compares the ledger with a replay."""
