"""How well the training data foretells itself: five folds, the same code as in training; a report beside the figures.

    python -m scripts.cross_validate results/cross-validation

All utterances of one phrasing are in one fold: what is held back is said nowhere else. Answers to questions are counted
apart from what is said to none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML
from sklearn.model_selection import StratifiedGroupKFold

from bot.nlu.asked import NONE, Lesson, answers
from bot.nlu.evaluation import Example, figures, summary, write_report
from bot.nlu.intent_model import DEFAULTS, FALLBACK, OTHER_LANGUAGE, IntentModel
from bot.nlu.phrasing import phrasings
from bot.nlu.wording import wording

PROJECT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print the figures and write the report into the folder of the first argument."""
    rows = [row for path in sorted((PROJECT / "data").rglob("nlu.yml")) for row in utterances(path)]
    lessons = [*(Lesson.of(text, label) for text, label in rows), *answers(PROJECT / "data" / "asked")]
    groups = phrasings([wording(lesson.text) for lesson in lessons])
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=1)
    examples: dict[bool, list[Example]] = {True: [], False: []}
    for train, test in folds.split(np.zeros(len(lessons)), [lesson.intent for lesson in lessons], groups):
        model = IntentModel.fit([lessons[i] for i in train], DEFAULTS["regularisation"])
        for lesson in (lessons[i] for i in test):
            found = model.understand(lesson.text, DEFAULTS, lesson.asked)
            acted = "out_of_scope" if found.intent in (FALLBACK, OTHER_LANGUAGE) else found.intent
            examples[lesson.asked == NONE].append(Example(lesson.text, lesson.intent, acted, found.confidence))
    write_report(examples[True], Path(sys.argv[1]), "Cross-validation of the training data")
    print("\n".join(summary(figures(examples[True]))))
    print("\nAnswers to questions")
    print("\n".join(summary(figures(examples[False]))[:6]))


def utterances(path: Path) -> list[tuple[str, str]]:
    """The examples of a file of training data, with their intents, finer ones after a slash."""
    blocks = YAML(typ="safe").load(path.read_text("utf-8"))["nlu"]
    return [(line[2:], block["intent"]) for block in blocks for line in block["examples"].splitlines() if line]


if __name__ == "__main__":
    main()
