"""``refund-desk run``: the bot on one machine, with the action server, the Rasa server and the outbox worker as
children."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from bot.commands import CommandError, open_services
from bot.commands.train import ensure_model
from bot.wording import say

if TYPE_CHECKING:
    from bot.cases.services import Services

_READY_SECONDS = 120
_MOST_DEATHS = 5
_QUICK_SECONDS = 30
_END_SECONDS = 15
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux: the child gets a signal when its parent dies


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``run``."""
    parser = subparsers.add_parser("run", help="start the bot")
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    parser.add_argument(
        "--demo", action="store_true", help="with made-up orders and a made-up shop; beside no real system"
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from bot.bootstrap import PROCESS
    from bot.setting_groups.server import ServerSettings
    from bot.settings import SettingsError, load_settings
    from bot.store.settings import StoreSettings

    if not 1 <= args.port <= 65_535:
        raise CommandError("bad_port", port=args.port)
    try:
        settings = load_settings()
        home = settings[StoreSettings].home
        (home / "logs").mkdir(parents=True, exist_ok=True)
    except SettingsError as error:
        raise CommandError.of(error) from None
    except OSError as error:
        raise CommandError.of_file(f"REFUND_DESK_HOME: {error.filename}", error) from None
    _check_free(args.host, args.port)
    PROCESS.demo = args.demo
    _settle_demo(open_services())
    status = ensure_model(home)
    # One of the settings is with the children anyway, by its variable or in its file.
    secret = {} if settings[ServerSettings].action_secret else {"REFUND_DESK_ACTION_SECRET": secrets.token_urlsafe(32)}
    supervisor = _Supervisor(args.host, args.port, home / "logs", secret, demo=args.demo)
    return status or supervisor.run(not args.no_browser)


def _settle_demo(services: Services) -> None:
    """The demo has its orders and no others, and nothing else has any of them. Raises CommandError."""
    from bot.store.demo import holds_demo, holds_real, seed_demo
    from bot.store.unit_of_work import SqlSnapshot

    with services.reading() as uow:
        assert isinstance(uow, SqlSnapshot)
        demo, real = holds_demo(uow), holds_real(uow)
    if services.demo and real:
        raise CommandError("real_orders")
    if demo and not services.demo:
        raise CommandError("demo_orders")
    if services.demo:
        seed_demo(services)


def _check_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError("port_in_use", host=host, port=port, problem=str(error.strerror)) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Supervisor:
    """Starts the servers and the worker, starts one again when it dies, and ends all when told to."""

    def __init__(self, host: str, port: int, logs: Path, secret: dict[str, str], *, demo: bool) -> None:
        action_port = _free_port()
        self._url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
        self._logs = logs
        python = sys.executable
        action_url = f"http://127.0.0.1:{action_port}"
        server = [python, "-m", "bot.http.app", "--host", host, "--port", str(port), "--action-url", action_url]
        more = ["--demo"] if demo else []
        self._commands = {
            "actions": [python, "-m", "actions", "--port", str(action_port), *more],
            "server": [*server, *more],
            "worker": [python, "-m", "bot.worker", *more],
        }
        self._secret = secret
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths: dict[str, list[float]] = {name: [] for name in self._commands}
        self._console = Console(stderr=True)

    def run(self, browser: bool) -> int:
        """Until a signal; the exit status."""
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            for name in self._commands:
                self._start(name)
            with self._console.status(say("run_starting")):
                self._wait_until_ready()
            print(say("run_ready", url=f"{self._url}/"), flush=True)
            if browser and sys.stdout.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
                webbrowser.open(self._url)
            while True:
                time.sleep(0.2)
                self._restart_the_dead()
        except KeyboardInterrupt:
            return 0
        finally:
            self._stop()

    def _start(self, name: str) -> None:
        from bot.settings import PROJECT
        from bot.training import QUIET

        with (self._logs / f"{name}.log").open("ab") as log:
            self._children[name] = subprocess.Popen(  # noqa: S603
                self._commands[name],
                cwd=PROJECT,
                env={**os.environ, **self._secret, **QUIET, "LOG_LEVEL": "WARNING"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_under_supervision,
            )

    def _wait_until_ready(self) -> None:
        import httpx

        until = time.monotonic() + _READY_SECONDS
        with httpx.Client(timeout=5) as client:
            while time.monotonic() < until:
                with contextlib.suppress(httpx.HTTPError):
                    if client.get(f"{self._url}/health").status_code == 200:
                        return
                self._restart_the_dead()
                time.sleep(0.2)
        raise CommandError("not_ready", logs=str(self._logs))

    def _restart_the_dead(self) -> None:
        for name, child in list(self._children.items()):
            if child.poll() is None:
                continue
            if child.returncode > 0:  # by itself: what was killed from outside is simply started again
                now = time.monotonic()
                deaths = [death for death in self._deaths[name] if now - death < _QUICK_SECONDS] + [now]
                self._deaths[name] = deaths
                if len(deaths) > _MOST_DEATHS:
                    raise CommandError("keeps_dying", process=name, log=f"{self._logs}/{name}.log")
                time.sleep(0.1 * 2 ** (len(deaths) - 1))
            self._start(name)

    def _stop(self) -> None:
        """The server first: it ends its turns, with the help of the action server. A second signal ends all at once."""
        try:
            self._end("server")
            self._end("actions", "worker")
        except KeyboardInterrupt:
            pass
        finally:
            for child in self._children.values():
                child.kill()

    def _end(self, *names: str) -> None:
        children = [self._children[name] for name in names if name in self._children]
        for child in children:
            child.terminate()
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_END_SECONDS)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _under_supervision() -> None:
    """In a child: Ctrl-C in a terminal is for the supervisor alone, and when that dies the child is told to end."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)
