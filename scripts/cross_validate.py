"""How well the training data foretells itself: five folds, the same code as in training; a report beside the figures.

    python -m scripts.cross_validate results/cross-validation

Harder than it looks: the utterances were chosen to differ, so what a fold holds back is often said nowhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ruamel.yaml import YAML
from sklearn.model_selection import StratifiedKFold

from bot.nlu.evaluation import Example, figures, summary, write_report
from bot.nlu.intent_model import DEFAULTS, FALLBACK, OTHER_LANGUAGE, IntentModel

PROJECT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print the figures and write the report into the folder of the first argument."""
    rows = [row for path in sorted((PROJECT / "data").rglob("nlu.yml")) for row in utterances(path)]
    texts, labels = [text for text, _ in rows], [label.partition("/")[0] for _, label in rows]
    examples = []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=1).split(texts, labels):
        model = IntentModel.fit(
            [texts[i] for i in train], [labels[i] for i in train], [None] * len(train), DEFAULTS["regularisation"]
        )
        for i in test:
            found = model.understand(texts[i], DEFAULTS)
            acted = "out_of_scope" if found.intent in (FALLBACK, OTHER_LANGUAGE) else found.intent
            examples.append(Example(texts[i], labels[i], acted, found.confidence))
    write_report(examples, Path(sys.argv[1]), "Cross-validation of the training data")
    print("\n".join(summary(figures(examples))))


def utterances(path: Path) -> list[tuple[str, str]]:
    """The examples of a file of training data, with their intents, finer ones after a slash."""
    blocks = YAML(typ="safe").load(path.read_text("utf-8"))["nlu"]
    return [(line[2:], block["intent"]) for block in blocks for line in block["examples"].splitlines() if line]


if __name__ == "__main__":
    main()
