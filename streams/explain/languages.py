"""The languages that Keyday speaks to people (DOMAIN section 9)."""

from __future__ import annotations

from typing import Final

LANGUAGES: Final = ("en", "fr", "es", "de", "ar", "uk")
