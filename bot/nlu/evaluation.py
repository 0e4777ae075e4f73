"""How well labelled messages were understood: figures, mistakes, and pages with pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.nlu.intent_model import DEFAULTS, MONEY_INTENTS
from bot.wording import say

OUT_OF_SCOPE = "out_of_scope"
_BINS = 10
_WORST = 60


@dataclass(frozen=True)
class Example:
    """One labelled message and what was made of it; ``acted`` is what the bot would act on."""

    text: str
    label: str
    acted: str
    confidence: float


@dataclass(frozen=True)
class Figures:
    """All figures are shares from 0 to 1.

    ``accuracy``, ``macro_f1`` and ``rejected`` are over the in-scope messages and intents, ``out_of_scope_recall`` over
    the others; ``wrong_money`` is the share of all messages acted upon with a wrong intent that moves money.
    """

    messages: int
    accuracy: float
    macro_f1: float
    rejected: float
    out_of_scope_recall: float | None
    out_of_scope_precision: float | None
    wrong_money: float
    per_label: dict[str, dict[str, float]]


def figures(examples: Sequence[Example]) -> Figures:
    """The figures of some examples, of which there is at least one."""
    labels = sorted({example.label for example in examples})
    per_label = {label: _label_figures(examples, label) for label in labels}
    inside = [example for example in examples if example.label != OUT_OF_SCOPE]
    outside = per_label.get(OUT_OF_SCOPE)
    in_scope = [per_label[label] for label in labels if label != OUT_OF_SCOPE]
    wrong_money = [example for example in examples if example.acted in MONEY_INTENTS and example.acted != example.label]
    return Figures(
        messages=len(examples),
        accuracy=_share([example.acted == example.label for example in inside]),
        macro_f1=sum(label["f1"] for label in in_scope) / len(in_scope) if in_scope else 0.0,
        rejected=_share([example.acted == OUT_OF_SCOPE for example in inside]),
        out_of_scope_recall=outside["recall"] if outside else None,
        out_of_scope_precision=outside["precision"] if outside else None,
        wrong_money=len(wrong_money) / len(examples),
        per_label=per_label,
    )


def calibration(examples: Sequence[Example]) -> list[dict[str, float]]:
    """By tenths of confidence: how sure the model was, how often it was right, and for how many messages.

    Only messages that were acted upon with an in-scope intent: a rejection claims nothing."""
    bins = []
    acted = [example for example in examples if example.acted != OUT_OF_SCOPE]
    for number in range(_BINS):
        low, high = number / _BINS, (number + 1) / _BINS
        inside = [e for e in acted if low <= e.confidence < high or (high == 1 and e.confidence == 1)]
        if inside:
            sure = sum(example.confidence for example in inside) / len(inside)
            right = _share([example.acted == example.label for example in inside])
            bins.append({"confidence": sure, "right": right, "messages": len(inside)})
    return bins


def worst(examples: Sequence[Example]) -> list[Example]:
    """The mistakes, those that move money first, then the surest."""
    mistakes = [example for example in examples if example.acted != example.label]
    return sorted(mistakes, key=lambda example: (example.acted not in MONEY_INTENTS, -example.confidence))[:_WORST]


def to_json(examples: Sequence[Example]) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        **asdict(figures(examples)),
        "calibration": calibration(examples),
        "worst": [asdict(example) for example in worst(examples)],
    }


def summary(found: Figures) -> list[str]:
    """The figures as lines."""
    recall, precision = found.out_of_scope_recall, found.out_of_scope_precision
    shares = {"accuracy": found.accuracy, "macro_f1": found.macro_f1, "rejected": found.rejected}
    shown = {name: f"{share:.3f}" for name, share in shares.items()}
    lines = [say("evaluation_figures", messages=found.messages, **shown)]
    if recall is not None and precision is not None:
        lines.append(say("evaluation_out_of_scope", recall=f"{recall:.3f}", precision=f"{precision:.3f}"))
    lines += [say("evaluation_wrong_money", share=f"{found.wrong_money:.4f}"), "", say("evaluation_labels")]
    for label, of in found.per_label.items():
        lines.append(f"{label:22} {of['precision']:9.3f} {of['recall']:7.3f} {of['f1']:6.3f} {int(of['messages']):8d}")
    return lines


def write_report(examples: Sequence[Example], folder: Path, title: str) -> None:
    """Write ``index.html`` and its pictures into the folder, which is made if need be. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    found = figures(examples)
    _draw_confusion(examples, folder / "confusion.png")
    _draw_bars(found, folder / "labels.png")
    _draw_calibration(calibration(examples), folder / "calibration.png")
    pages = Environment(loader=PackageLoader("bot.nlu", ""), autoescape=True, undefined=StrictUndefined)
    page = pages.get_template("report.html").render(
        title=title,
        summary="\n".join(summary(found)),
        config=DEFAULTS,
        thresholds=_by_threshold(examples),
        worst=worst(examples),
    )
    (folder / "index.html").write_text(page, encoding="utf-8")


def _by_threshold(examples: Sequence[Example]) -> list[tuple[float, int, float]]:
    """What a higher threshold would leave, among the messages acted upon with an in-scope intent: how many, and the
    share of them that is right."""
    acted = [example for example in examples if example.acted != OUT_OF_SCOPE]
    rows = []
    for threshold in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        left = [example for example in acted if example.confidence >= threshold]
        rows.append((threshold, len(left), _share([example.acted == example.label for example in left])))
    return rows


def _label_figures(examples: Sequence[Example], label: str) -> dict[str, float]:
    meant = [example for example in examples if example.label == label]
    acted = [example for example in examples if example.acted == label]
    right = sum(example.acted == label for example in meant)
    precision = right / len(acted) if acted else 0.0
    recall = right / len(meant) if meant else 0.0
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return {"precision": precision, "recall": recall, "f1": f1, "messages": len(meant)}


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # without pyplot: no screen, no state

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _draw_confusion(examples: Sequence[Example], path: Path) -> None:
    labels = sorted({example.label for example in examples} | {example.acted for example in examples})
    counts = [[0] * len(labels) for _ in labels]
    for example in examples:
        counts[labels.index(example.label)][labels.index(example.acted)] += 1
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    figure, axes = _figure(11, 10)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for y, row in enumerate(counts):
        for x, count in enumerate(row):
            if count:
                axes.text(x, y, count, ha="center", va="center", color="white" if shares[y][x] > 0.5 else "black")
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel=say("evaluation_acted_on"), ylabel=say("evaluation_label"))
    figure.savefig(path, dpi=110)


def _draw_bars(found: Figures, path: Path) -> None:
    figure, axes = _figure(11, 6)
    labels = list(found.per_label)
    for offset, name in enumerate(("precision", "recall", "f1")):
        heights = [found.per_label[label][name] for label in labels]
        axes.bar([x + 0.27 * (offset - 1) for x in range(len(labels))], heights, 0.25, label=say(f"evaluation_{name}"))
    axes.set_xticks(range(len(labels)), labels, rotation=90)
    axes.set_ylim(0, 1)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)


def _draw_calibration(bins: list[dict[str, float]], path: Path) -> None:
    figure, axes = _figure(6, 6)
    axes.plot([0, 1], [0, 1], linestyle="--", color="grey", label=say("evaluation_as_sure"))
    sure, right = [b["confidence"] for b in bins], [b["right"] for b in bins]
    axes.plot(sure, right, marker="o", label=say("evaluation_this_model"))
    for b in bins:
        axes.annotate(
            str(int(b["messages"])), (b["confidence"], b["right"]), textcoords="offset points", xytext=(6, -12)
        )
    axes.set(xlabel=say("evaluation_confidence"), ylabel=say("evaluation_right"), xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)
