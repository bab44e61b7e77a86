"""Names of hosts, so that one host compares equal however its letters travel."""

from __future__ import annotations

from typing import Final
from unicodedata import normalize

#: How a label in another script starts where only ASCII may travel (RFC 3490).
_ENCODED: Final = "xn--"


def host_name(host: str) -> str:
    """A host in small letters, without a dot at its end; labels in Punycode as the letters that they mean."""
    return normalize("NFC", ".".join(map(_label, host.lower().rstrip(".").split("."))))


def _label(label: str) -> str:
    if not label.startswith(_ENCODED):
        return label
    try:
        letters = label.removeprefix(_ENCODED).encode("ascii").decode("punycode")
    except UnicodeError:  # it stands for nothing
        return label
    # What ASCII could have written itself is no such label.
    return label if letters.isascii() else letters
