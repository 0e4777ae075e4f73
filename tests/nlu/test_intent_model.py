"""The regression and its calibration, on data small enough to know the answers."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from bot.nlu.intent_model import DEFAULTS, _is_sure
from bot.nlu.regression import Regression, Rows, softmax


def noisy(seed: int, count: int) -> tuple[Rows, list[str]]:
    """Points of two kinds, a fifth of them labelled wrongly: nobody can be surer than 0.8 about them."""
    chance = np.random.default_rng(seed)
    kinds = chance.integers(0, 2, count)
    rows = np.column_stack([kinds * 2 - 1 + chance.normal(0, 0.05, count), chance.normal(0, 1, (count, 40))])
    told = np.where(chance.random(count) < 0.2, 1 - kinds, kinds)
    return Rows(rows[:, :1], csr_matrix(rows[:, 1:])), ["refund" if kind else "cancel" for kind in told]


def test_calibration_makes_new_data_likelier() -> None:
    rows, labels = noisy(1, 100)
    fresh, truth = noisy(2, 600)

    def surprise(model: Regression) -> float:
        told = [{of["name"]: of["confidence"] for of in model.ranking(fresh[[i]])} for i in range(len(fresh))]
        return float(-np.mean([np.log(odds[label]) for odds, label in zip(told, truth, strict=True)]))

    raw, calibrated = Regression.fit(rows, labels, 1000.0), Regression.fit_calibrated(rows, labels, 1000.0, range(100))
    assert calibrated.labels == raw.labels
    assert surprise(calibrated) < 0.8 * surprise(raw)


def test_it_is_what_scikit_learn_finds() -> None:
    rows, labels = noisy(3, 200)
    labels = ["neither" if rows.dense[i, 0] > 1.05 else label for i, label in enumerate(labels)]
    roots = {label: len(labels) ** 0.5 / labels.count(label) ** 0.5 for label in set(labels)}
    mean = float(np.mean([roots[label] for label in labels]))
    counting = {label: root / mean for label, root in roots.items()}
    theirs = LogisticRegression(C=0.5, class_weight=counting, tol=1e-8, max_iter=1000)
    theirs.fit(np.hstack([rows.dense, rows.sparse.toarray()]), labels)
    ours = Regression.fit(rows, labels, 0.5)
    assert ours.labels == list(theirs.classes_)
    expected = theirs.predict_proba(np.hstack([rows.dense, rows.sparse.toarray()]))
    assert np.abs(softmax(ours.logits(rows)) - expected).max() < 0.01


def test_calibration_holds_back_whole_groups() -> None:
    """Copies in one group leave the model as unsure as it is without them."""
    rows, labels = noisy(4, 60)
    twice = Rows(np.vstack([rows.dense] * 4), vstack([rows.sparse] * 4).tocsr())
    copies = labels * 4
    apart = Regression.fit_calibrated(twice, copies, 1000.0, list(range(240)))
    together = Regression.fit_calibrated(twice, copies, 1000.0, list(range(60)) * 4)
    sure = [float(np.mean(softmax(of.logits(rows)).max(axis=1))) for of in (apart, together)]
    assert sure[0] > sure[1] + 0.02


def test_a_rare_label_counts_for_more_than_its_rows() -> None:
    rows = Rows(np.ones((100, 1)), csr_matrix((100, 1)))
    odds = softmax(Regression.fit(rows, ["rare"] * 4 + ["usual"] * 96, 10.0).logits(rows[[0]]))[0]
    assert abs(odds[0] - 2 / (2 + 96**0.5)) < 0.02  # by the roots of 4 and 96


def test_intents_that_move_money_need_a_lead() -> None:
    assert not _is_sure(ranking(request_refund=0.66, cancel_service=0.3), DEFAULTS, of_an_order=False)
    assert _is_sure(ranking(request_refund=0.7, cancel_service=0.2), DEFAULTS, of_an_order=False)
    assert _is_sure(ranking(greet=0.51, cancel_service=0.45), DEFAULTS, of_an_order=False)
    assert not _is_sure(ranking(greet=0.29, help=0.28, cancel_service=0.1), DEFAULTS, of_an_order=False)


def test_of_an_order_they_need_the_lead_only_over_each_other() -> None:
    assert not _is_sure(ranking(request_refund=0.5, report_problem=0.4, cancel_service=0.05), DEFAULTS, False)
    assert _is_sure(ranking(request_refund=0.5, report_problem=0.4, cancel_service=0.05), DEFAULTS, True)
    assert not _is_sure(ranking(request_refund=0.5, cancel_service=0.15), DEFAULTS, True)
    assert not _is_sure(ranking(request_refund=0.49, help=0.3, cancel_service=0.1), DEFAULTS, True)


def ranking(**confidences: float) -> list[dict[str, object]]:
    """Intents with their confidences, as given."""
    return [{"name": name, "confidence": confidence} for name, confidence in confidences.items()]
