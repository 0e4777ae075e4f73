"""Where the clauses of a decision are told in full: on the page of the version that decided."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from bot.policy.refunds import NO_VERSION


def policy_path(version: str) -> str:
    """The page of a version of the terms; today's where no version has decided."""
    return "/policy" if version == NO_VERSION else f"/policy?version={quote(version, safe='')}"


def clause_links(clauses: Iterable[str], version: str) -> list[dict[str, str]]:
    """The clauses by which a version decided, as ids and addresses, each once."""
    return [{"id": clause, "url": f"{policy_path(version)}#{clause}"} for clause in dict.fromkeys(clauses)]
