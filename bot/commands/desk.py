"""``refund-desk desk``: the people who work at the desk."""

from __future__ import annotations

import argparse
import mimetypes
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands import CommandError, open_services

if TYPE_CHECKING:
    from bot.cases.agents import Picture
    from bot.cases.model import Agent

_ROLES = ("agent", "lead", "admin")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``desk`` and its verbs."""
    desk = subparsers.add_parser("desk", help="let people work at the desk")
    verbs = desk.add_subparsers(metavar="VERB", required=True)
    parser = verbs.add_parser("add-agent", help="give somebody an account; its password is made and printed once")
    parser.add_argument("login", metavar="LOGIN", help="what they sign in with")
    parser.add_argument("--name", required=True, help="what customers read, such as Dana")
    parser.add_argument("--role", required=True, choices=_ROLES, help="what they may do")
    parser.add_argument("--picture", metavar="FILE", help="a PNG, JPEG or WebP file that customers see")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from the input instead")
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
    parser.add_argument("--new-password", action="store_true", help="make a new password and print it once")
    parser.set_defaults(run=_change)


def _add(args: argparse.Namespace) -> int:
    from bot.cases.agents import add_agent
    from bot.cases.errors import BadAgent
    from bot.cases.model import Role

    password = _from_input() if args.password_stdin else _new_password()
    picture = _picture(args.picture)
    try:
        agent = add_agent(open_services(), args.login, args.name, Role(args.role), password, picture)
    except BadAgent as error:
        raise CommandError(str(error)) from None
    print(f"Added {_line(agent)}")
    if not args.password_stdin:
        print(f"Password, shown only now: {password}")
    return 0


def _list(args: argparse.Namespace) -> int:
    from bot.cases.agents import agents

    for agent in agents(open_services()):
        print(_line(agent))
    return 0


def _change(args: argparse.Namespace) -> int:
    from bot.cases.agents import change_agent
    from bot.cases.errors import BadAgent
    from bot.cases.model import Role

    if not any((args.name, args.role, args.picture, args.disable, args.enable, args.new_password)):
        raise CommandError("nothing to change; see --help")
    password = _new_password() if args.new_password else None
    picture = _picture(args.picture)
    try:
        agent = change_agent(
            open_services(),
            args.login,
            name=args.name,
            role=Role(args.role) if args.role else None,
            password=password,
            active=True if args.enable else False if args.disable else None,
            picture=picture,
        )
    except BadAgent as error:
        raise CommandError(str(error)) from None
    print(f"Changed {_line(agent)}")
    if password:
        print(f"Password, shown only now: {password}")
    return 0


def _line(agent: Agent) -> str:
    return f"{agent.login}  {agent.name}  {agent.role.value}{'' if agent.active else '  disabled'}"


def _new_password() -> str:
    return secrets.token_urlsafe(15)


def _from_input() -> str:
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise CommandError("the password on the input is not in UTF-8") from None


def _picture(file: str | None) -> Picture | None:
    if file is None:
        return None
    media_type = mimetypes.guess_type(file)[0] or ("image/webp" if file.lower().endswith(".webp") else "")
    try:
        return Path(file).read_bytes(), media_type
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file name"
        raise CommandError(f"--picture {file}: {reason}") from None
