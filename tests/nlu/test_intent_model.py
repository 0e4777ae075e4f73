"""The regression and its calibration, on data small enough to know the answers."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from bot.nlu.intent_model import DEFAULTS, Regression, _is_sure


def noisy(seed: int, count: int) -> tuple[csr_matrix, list[str]]:
    """Points of two kinds, a fifth of them labelled wrongly: nobody can be surer than 0.8 about them."""
    chance = np.random.default_rng(seed)
    kinds = chance.integers(0, 2, count)
    rows = np.column_stack([kinds * 2 - 1 + chance.normal(0, 0.05, count), chance.normal(0, 1, (count, 40))])
    told = np.where(chance.random(count) < 0.2, 1 - kinds, kinds)
    return csr_matrix(rows), ["refund" if kind else "cancel" for kind in told]


def test_calibration_makes_new_data_likelier() -> None:
    rows, labels = noisy(1, 100)
    fresh, truth = noisy(2, 600)

    def surprise(model: Regression) -> float:
        told = [{of["name"]: of["confidence"] for of in model.ranking(fresh[i])} for i in range(fresh.shape[0])]
        return float(-np.mean([np.log(odds[label]) for odds, label in zip(told, truth, strict=True)]))

    raw, calibrated = Regression.fit(rows, labels, 1000.0), Regression.fit_calibrated(rows, labels, 1000.0)
    assert calibrated.labels == raw.labels
    assert surprise(calibrated) < 0.8 * surprise(raw)


def test_intents_that_move_money_need_a_lead() -> None:
    assert not _is_sure(ranking(request_refund=0.66, cancel_service=0.3), DEFAULTS, of_an_order=False)
    assert _is_sure(ranking(request_refund=0.7, cancel_service=0.2), DEFAULTS, of_an_order=False)
    assert _is_sure(ranking(greet=0.51, cancel_service=0.45), DEFAULTS, of_an_order=False)
    assert not _is_sure(ranking(greet=0.35, help=0.3, cancel_service=0.1), DEFAULTS, of_an_order=False)


def test_of_an_order_they_need_the_lead_only_over_each_other() -> None:
    assert not _is_sure(ranking(request_refund=0.5, report_problem=0.4, cancel_service=0.05), DEFAULTS, False)
    assert _is_sure(ranking(request_refund=0.5, report_problem=0.4, cancel_service=0.05), DEFAULTS, True)
    assert not _is_sure(ranking(request_refund=0.5, cancel_service=0.15), DEFAULTS, True)
    assert not _is_sure(ranking(request_refund=0.39, help=0.3, cancel_service=0.0), DEFAULTS, True)


def ranking(**confidences: float) -> list[dict[str, object]]:
    """Intents with their confidences, as given."""
    return [{"name": name, "confidence": confidence} for name, confidence in confidences.items()]
