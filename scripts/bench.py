"""Speed, as ratios within one run: machines are noisy, ratios less so.

make bench
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from bot.policy import decide
from bot.policy.parsing import parse_request
from bot.settings import Settings, load_policy
from bot.training import MODEL
from scripts.cross_validate import utterances
from scripts.peer import train_peer
from scripts.policy_cases import cases
from tests.e2e.running import environment, wait_for
from tests.ports import free_port

PROJECT = Path(__file__).resolve().parent.parent

CASES = 5_000
MESSAGES = 500
TURNS = 60
OPENING = "I want my money back"


def main() -> None:
    """Print a line for each measurement."""
    decisions()
    parsing()
    turns()


def decisions() -> None:
    """Reading, deciding and writing a case, against reading and writing alone."""
    policy = load_policy(Settings())
    lines = [json.dumps(case) for case in cases(CASES, seed=1)]
    plain = best_of(lambda: [json.dumps(json.loads(line)) for line in lines])
    decided = best_of(lambda: [json.dumps(decide(parse_request(json.loads(line)), policy).to_json()) for line in lines])
    print(f"{CASES} decisions: {decided:.2f} s, {CASES / decided:,.0f} a second")
    print(f"  {decided / plain:.1f} times reading and writing their JSON")


def parsing() -> None:
    """Reading messages: our model beside the pipeline of ``rasa init``, whose speed does not depend on its epochs."""
    rows = [row for path in sorted((PROJECT / "data").rglob("nlu.yml")) for row in utterances(path)]
    messages = "\n".join(text for text, _ in random.Random(1).sample(rows, MESSAGES))
    with tempfile.TemporaryDirectory() as folder:
        for name, model in (("this model", MODEL), ("rasa init's", train_peer(Path(folder), epochs=1))):
            command = [sys.executable, str(PROJECT / "scripts" / "parse_speed.py"), str(model)]
            done = subprocess.run(command, cwd=PROJECT, input=messages, capture_output=True, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            print(
                f"parse with {name}: p50 {found['p50'] * 1000:.1f} ms, p95 {found['p95'] * 1000:.1f} ms, "
                f"cold start {found['cold']:.1f} s, {found['memory']:.0f} MB"
            )


def turns() -> None:
    """A turn of a refund over HTTP, against the health check of the same server."""
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        command = [sys.executable, "-m", "bot", "run", "--demo", "--no-browser", "--port", str(port)]
        process = subprocess.Popen(command, cwd=PROJECT, env=environment(Path(home)), stdin=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(url, process)
            with httpx.Client(base_url=url, timeout=60) as client:
                say(client, "warm-up", OPENING)
                opening = [timed(lambda n=n: say(client, f"bench-{n}", OPENING)) for n in range(TURNS)]
                next_turn = [timed(lambda n=n: say(client, f"bench-{n}", "CC-104233")) for n in range(TURNS)]
                health = [timed(lambda: client.get("/health").raise_for_status()) for _ in range(TURNS)]
        finally:
            process.terminate()
            process.wait(30)
    for name, seconds in (("first turn (opens the form)", opening), ("second turn", next_turn)):
        middle, slow = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        ratio = middle / statistics.median(health)
        print(f"{name}: median {middle * 1000:.0f} ms, 95 % within {slow * 1000:.0f} ms, {ratio:.1f} health checks")


def say(client: httpx.Client, sender: str, message: str) -> None:
    """One turn."""
    client.post("/webhooks/rest/webhook", json={"sender": sender, "message": message}).raise_for_status()


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def best_of(work: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of some runs."""
    return min(timed(work) for _ in range(times))


if __name__ == "__main__":
    main()
