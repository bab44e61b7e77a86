"""Seeded streams of plausible events: a whole program, or the small sample of the demo."""
