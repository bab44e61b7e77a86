"""Version 1 of the HTTP API: who may ask, what may be asked, and the answers."""
