"""The peer: the pipeline of ``rasa init``, trained on our utterances, to be measured beside ours.

    python -m scripts.peer FOLDER EPOCHS [FILE]     with FILE, its figures on those labelled messages

Needs about ten minutes for the 100 epochs of ``rasa init``.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from bot.nlu.evaluation import Example, figures, summary
from bot.nlu.intent_model import FALLBACK
from scripts.cross_validate import utterances

PROJECT = Path(__file__).resolve().parent.parent


def train_peer(folder: Path, epochs: int) -> Path:
    """Train and give the model. Finer intents are merged: the peer is asked for the intent alone."""
    folder.mkdir(parents=True, exist_ok=True)
    by_intent: dict[str, list[str]] = {}
    for path in sorted((PROJECT / "data").rglob("nlu.yml")):
        for text, label in utterances(path):
            by_intent.setdefault(label.partition("/")[0], []).append(text)
    blocks = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)} for intent, texts in by_intent.items()
    ]
    write(folder / "nlu.yml", {"version": "3.1", "nlu": blocks})
    write(folder / "config.yml", {"recipe": "default.v1", "assistant_id": "peer", "language": "en", **pipeline(epochs)})
    command = [sys.executable, "-m", "rasa", "train", "nlu", "--nlu", "nlu.yml", "--config", "config.yml"]
    with (folder / "training.log").open("wb") as log:
        subprocess.run(
            [*command, "--fixed-model-name", "peer"], cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=True
        )
    return folder / "models" / "peer.tar.gz"


def pipeline(epochs: int) -> dict[str, object]:
    """What ``rasa init`` of Rasa 3.6 writes."""
    names = ["WhitespaceTokenizer", "RegexFeaturizer", "LexicalSyntacticFeaturizer", "CountVectorsFeaturizer"]
    return {
        "pipeline": [
            *[{"name": name} for name in names],
            {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
            {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True, "random_seed": 1},
            {"name": "EntitySynonymMapper"},
            {"name": "ResponseSelector", "epochs": epochs, "constrain_similarities": True},
            {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
        ]
    }


def write(path: Path, data: object) -> None:
    """Write YAML."""
    with path.open("w", encoding="utf-8") as file:
        YAML().dump(data, file)


def evaluate(model: Path, file: Path) -> list[str]:
    """The figures of a model on labelled messages."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))
    examples = []
    for line in file.read_text("utf-8").splitlines():
        row = json.loads(line)
        intent = asyncio.run(agent.parse_message(row["text"]))["intent"]
        acted = "out_of_scope" if intent["name"] == FALLBACK else intent["name"]
        examples.append(Example(row["text"], row["label"], acted, intent["confidence"]))
    return summary(figures(examples))


if __name__ == "__main__":
    trained = train_peer(Path(sys.argv[1]), int(sys.argv[2]))
    if len(sys.argv) > 3:
        print("\n".join(evaluate(trained, Path(sys.argv[3]))))
