"""``refund-desk desk``: the people who work at the desk."""

from __future__ import annotations

import argparse
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands import CommandError, open_services
from bot.wording import say

if TYPE_CHECKING:
    from bot.cases.desk.accounts import Picture
    from bot.cases.model import Agent
    from bot.cases.services import Services

_ROLES = ("agent", "lead", "admin")
_HERE = "http://127.0.0.1:5005"
"""Where `run` is unless told otherwise."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``desk`` and its verbs."""
    desk = subparsers.add_parser("desk", help="let people work at the desk")
    verbs = desk.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser(
        "add-agent", help="give somebody an account; prints the link with which they set a password"
    )
    parser.add_argument("login", metavar="LOGIN", help="what they sign in with")
    parser.add_argument("--name", required=True, help="what customers read, such as Dana")
    parser.add_argument("--role", required=True, choices=_ROLES, help="what they may do")
    parser.add_argument("--picture", metavar="FILE", help="a PNG, JPEG or WebP file that customers see")
    parser.set_defaults(run=_add)
    parser = verbs.add_parser("list-agents", help="list the accounts")
    parser.set_defaults(run=_list)
    parser = verbs.add_parser("change-agent", help="change an account, or close it")
    parser.add_argument("login", metavar="LOGIN")
    parser.add_argument("--name", help="what customers read")
    parser.add_argument("--role", choices=_ROLES)
    parser.add_argument("--picture", metavar="FILE", help="a PNG, JPEG or WebP file")
    active = parser.add_mutually_exclusive_group()
    active.add_argument("--disable", action="store_true", help="sign them out, and let them in no more")
    active.add_argument("--enable", action="store_true", help="let them in again")
    parser.set_defaults(run=_change)
    parser = verbs.add_parser(
        "new-link", help="print a link with which somebody sets another password, good once for a day"
    )
    parser.add_argument("login", metavar="LOGIN")
    parser.set_defaults(run=_new_link)
    parser = verbs.add_parser("reset-second-factor", help="let somebody who lost app and recovery codes sign in again")
    parser.add_argument("login", metavar="LOGIN")
    parser.set_defaults(run=_reset_second_factor)
    parser = verbs.add_parser(
        "mend-agent", help="bring an account that was changed in the database back to what was recorded"
    )
    parser.add_argument("login", metavar="LOGIN")
    parser.set_defaults(run=_mend)


def _add(args: argparse.Namespace) -> int:
    from bot.cases.desk.accounts import add_agent
    from bot.cases.model import Role

    picture = _picture(args.picture)
    with _opened() as services:
        agent, token = add_agent(services, args.login, args.name, Role(args.role), picture)
        print(say("agent_added", agent=_line(agent)))
        _print_link(services, token)
    return 0


def _list(args: argparse.Namespace) -> int:
    from bot.cases.desk.accounts import agents

    for agent in agents(open_services()):
        print(_line(agent))
    return 0


def _change(args: argparse.Namespace) -> int:
    from bot.cases.desk.accounts import change_agent
    from bot.cases.model import Role

    if not any((args.name, args.role, args.picture, args.disable, args.enable)):
        raise CommandError("nothing_to_change")
    picture = _picture(args.picture)
    with _opened() as services:
        agent = change_agent(
            services,
            args.login,
            name=args.name,
            role=Role(args.role) if args.role else None,
            active=True if args.enable else False if args.disable else None,
            picture=picture,
        )
        print(say("agent_changed", agent=_line(agent)))
    return 0


def _new_link(args: argparse.Namespace) -> int:
    from bot.cases.desk.accounts import make_link

    with _opened() as services:
        _print_link(services, make_link(services, args.login)[1])
    return 0


def _reset_second_factor(args: argparse.Namespace) -> int:
    from bot.cases.desk.accounts import reset_second_factor

    with _opened() as services:
        print(say("agent_reset", agent=_line(reset_second_factor(services, args.login))))
    return 0


def _mend(args: argparse.Namespace) -> int:
    from bot.cases.desk.accounts import mend_agent

    with _opened() as services:
        agent, token = mend_agent(services, args.login)
        print(say("agent_mended", agent=_line(agent)))
        if token is not None:
            _print_link(services, token)
    return 0


@contextmanager
def _opened() -> Iterator[Services]:
    """The services; what can't be done is one line."""
    from bot.cases.errors import CaseError

    try:
        yield open_services()
    except CaseError as error:
        raise CommandError.of(error) from None


def _print_link(services: Services, token: str) -> None:
    print(say("agent_link", link=f"{services.public_url or _HERE}/desk/link/{token}"))


def _line(agent: Agent) -> str:
    marks = [
        *([say("agent_has_second_factor")] if agent.second_factor else []),
        *([] if agent.active else [say("agent_is_disabled")]),
    ]
    return "  ".join([agent.login, agent.name, agent.role.value, *marks])


def _picture(file: str | None) -> Picture | None:
    if file is None:
        return None
    media_type = mimetypes.guess_type(file)[0] or ("image/webp" if file.lower().endswith(".webp") else "")
    try:
        return Path(file).read_bytes(), media_type
    except OSError as error:
        raise CommandError.of_file(f"--picture {file}", error) from None
    except ValueError:
        raise CommandError("no_picture_file", file=file) from None
