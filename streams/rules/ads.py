"""Whether a keyword that an ad was seen beside holds a brand term (DOMAIN section 9)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from msgspec import Struct

#: Terms of so many letters are also found with one letter wrong, missing or too much.
_FUZZY_LETTERS: Final = 5
#: Signs that compatibility would turn into letters.
_TRADE_MARKS: Final = dict.fromkeys(map(ord, "\u2122\u2120\u00ae\u00a9"), " ")
#: Stretches Arabic words and means nothing.
_TATWEEL: Final = "\u0640"
#: Blocks of scripts that put no blank between words, first and last character.
_UNSPACED: Final = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Myanmar
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u3400", "\u9fff"),  # Han
    ("\U00020000", "\U0003ffff"),  # Han
)
#: Terms and keywords whose plain forms are remembered, each.
_REMEMBERED: Final = 8_192


class BrandMatch(Struct, frozen=True):
    """The term as the program file has it, the words of the keyword it was found in, and if they differ."""

    term: str
    matched: str
    exact: bool


def brand_match(keyword: str, terms: Iterable[str]) -> BrandMatch | None:
    """The first of the brand terms that a keyword holds, exactly or else with an edit distance of 1."""
    found = None
    for term, words in [(one, words) for one in terms for words in _readings(one)]:
        sought = " ".join(words)
        fuzzy = sum(map(str.isalpha, sought)) >= _FUZZY_LETTERS
        for sequence in _sequences(keyword, len(words) + 1):
            if sequence == sought or (_is_unspaced(sought) and sought in sequence):
                return BrandMatch(term, sought, exact=True)
            if found is None and fuzzy and within_one(sequence, sought):
                found = BrandMatch(term, sequence, exact=False)
    return found


def plain(text: str, instead: str = "") -> str:
    """NFKC, casefold, without accents and invisible characters; punctuation and signs become ``instead``."""
    folded = unicodedata.normalize("NFKC", text.translate(_TRADE_MARKS)).casefold()
    return "".join(_kept(unicodedata.normalize("NFKD", folded), instead))


def within_one(one: str, other: str) -> bool:
    """Whether two texts are equal, or differ by one character that is wrong, missing or too much."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return True
    return one[at + 1 :] == other[at + 1 :] or one[at:] == other[at + 1 :] or one[at + 1 :] == other[at:]


def _kept(text: str, instead: str) -> Iterator[str]:
    for char in text:
        category = unicodedata.category(char)
        if category[0] in "PS":
            yield instead
        elif category[0] == "Z":
            yield " "
        elif category not in {"Mn", "Me", "Cf"} and char != _TATWEEL:
            yield char


@lru_cache(maxsize=_REMEMBERED)
def _readings(text: str) -> tuple[tuple[str, ...], ...]:
    """The words of a text without its punctuation, and, where that is different, split at it.

    Punctuation stands inside a word (``ac-me``) as well as between words (``acme.com``).
    """
    return tuple(
        dict.fromkeys(words for instead in ("", " ") if (words := tuple(plain(text, instead).split())))
    )


@lru_cache(maxsize=_REMEMBERED)
def _sequences(keyword: str, longest: int) -> tuple[str, ...]:
    """The words of a keyword and what follows each, up to ``longest`` words."""
    return tuple(
        dict.fromkeys(
            " ".join(words[start : start + size])
            for words in _readings(keyword)
            for size in range(1, longest + 1)
            for start in range(len(words) - size + 1)
        )
    )


def _is_unspaced(text: str) -> bool:
    return any(first <= char <= last for char in text for first, last in _UNSPACED)
