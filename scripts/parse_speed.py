"""How fast a model reads messages, in a process of its own: a line of JSON for ``make bench``.

python -m scripts.parse_speed MODEL < MESSAGES
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import asyncio  # noqa: E402
import json  # noqa: E402
import resource  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402

from rasa.core.agent import Agent  # noqa: E402


def main() -> None:
    """Times in seconds, memory in megabytes; the first message counts as part of the cold start."""
    messages = sys.stdin.read().splitlines()
    agent = Agent.load(sys.argv[1])
    asyncio.run(agent.parse_message(messages[0]))
    cold = time.perf_counter() - STARTED
    seconds = [asyncio.run(timed(agent, message)) for message in messages]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    slow = statistics.quantiles(seconds, n=20)[-1]
    print(json.dumps({"cold": cold, "p50": statistics.median(seconds), "p95": slow, "memory": memory}))


async def timed(agent: Agent, message: str) -> float:
    """Seconds for one message."""
    start = time.perf_counter()
    await agent.parse_message(message)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
