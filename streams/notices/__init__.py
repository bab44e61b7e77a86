"""Messages to partners in their language: templates, and the one function that writes them."""

from __future__ import annotations

from streams.notices.notice import Money, Occasion, Value, notice
from streams.notices.templates import TEMPLATES

__all__ = ["TEMPLATES", "Money", "Occasion", "Value", "notice"]
