"""Multinomial logistic regression over features of which some are dense and most are sparse.

scikit-learn wants all of them in one matrix, and takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

_FOLDS = 5
_TEMPERATURES = np.geomspace(0.2, 3.0, 57)
_ROUNDS = 200
_ENOUGH = 1e-4
"""Of the loss, what a round must still take off; more rounds fit what was learnt from, and not what is held back."""
_BALANCE = 0.5
"""How far rare labels are made to count as much as frequent ones: 0 not at all, 1 all the same."""


@dataclass(frozen=True)
class Rows:
    """A row for each text, in two parts."""

    dense: np.ndarray
    sparse: csr_matrix

    def __len__(self) -> int:
        return len(self.dense)

    def __getitem__(self, which: Any) -> Rows:
        """Some of the rows: a list of their places, or a slice."""
        return Rows(self.dense[which], self.sparse[which])


@dataclass(frozen=True)
class Regression:
    """``weights`` (features x labels, the dense ones first) and ``bias``."""

    labels: list[str]
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(
        cls, rows: Rows, labels: Sequence[str], regularisation: float, start: Regression | None = None
    ) -> Regression:
        """Fit the weights; deterministic for the same data. A label counts by the root of the number of its rows.
        ``regularisation`` is as scikit-learn's C; ``start`` is a solution for much the same rows and labels."""
        names = sorted(set(labels))
        told = np.array([names.index(label) for label in labels])
        share = np.bincount(told)[told] ** -_BALANCE
        share = (regularisation * share / share.mean()).astype(np.float32)
        truth = np.eye(len(names), dtype=np.float32)[told]
        dense, sparse = rows.dense.astype(np.float32), rows.sparse.astype(np.float32)
        columns, width = sparse.T.tocsr(), dense.shape[1]

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.astype(np.float32).reshape(-1, len(names))
            logits = dense @ weights[:width] + sparse @ weights[width:-1] + weights[-1]
            odds = softmax(logits)
            wrong = -share * np.log(np.maximum(odds[np.arange(len(told)), told], 1e-30))
            off = (odds - truth) * share[:, None]
            slope = np.vstack([dense.T @ off, columns @ off, off.sum(0)])
            slope[:-1] += weights[:-1]
            size = float((weights[:-1].astype(np.float64) ** 2).sum())
            return float(wrong.sum(dtype=np.float64)) + size / 2, slope.ravel().astype(np.float64)

        begin = np.zeros((width + sparse.shape[1] + 1, len(names)))
        if start is not None and start.labels == names:
            begin = np.vstack([start.weights, start.bias])
        options = {"maxiter": _ROUNDS, "ftol": _ENOUGH, "maxcor": 5}
        found = minimize(loss, begin.ravel(), jac=True, method="L-BFGS-B", options=options)
        solved = found.x.astype(np.float32).reshape(-1, len(names))
        return cls(names, solved[:-1], solved[-1])

    @classmethod
    def fit_calibrated(
        cls, rows: Rows, labels: Sequence[str], regularisation: float, groups: Sequence[int]
    ) -> Regression:
        """As ``fit``, but as sure as it is right: the temperature (Guo et al. 2017) that makes what was held back, a
        fifth, likeliest. What is of one group is held back as a whole."""
        from sklearn.model_selection import StratifiedGroupKFold

        folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=1)
        train, held_back = next(iter(folds.split(np.zeros(len(rows)), labels, groups)))
        most = cls.fit(rows[train], [labels[i] for i in train], regularisation)
        known = [i for i in held_back if labels[i] in most.labels]
        logits, truth = most.logits(rows[known]), [most.labels.index(labels[i]) for i in known]
        likelihoods = [np.mean(np.log(softmax(logits / t)[np.arange(len(known)), truth])) for t in _TEMPERATURES]
        temperature = np.float32(_TEMPERATURES[int(np.argmax(likelihoods))])
        whole = cls.fit(rows, labels, regularisation, most)
        return cls(whole.labels, whole.weights / temperature, whole.bias / temperature)

    def logits(self, rows: Rows) -> np.ndarray:
        """A column for each label."""
        width = rows.dense.shape[1]
        found: np.ndarray = rows.dense @ self.weights[:width] + rows.sparse @ self.weights[width:] + self.bias
        return found

    def ranking(self, row: Rows) -> list[dict[str, Any]]:
        """All labels with their confidences (0 to 1), the likeliest first."""
        odds = softmax(self.logits(row))[0]
        return [{"name": self.labels[i], "confidence": float(odds[i])} for i in np.argsort(-odds)]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Row by row, what adds up to one."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares
