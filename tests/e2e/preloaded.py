"""Starts ``refund-desk run`` and its children from one process that has imported everything already.

Importing Rasa and TensorFlow takes most of a site's start, and of a killed server's second one. A fork server, one for
each test process, pays for it once. After the fork the same modules run with the same arguments, environment, signals
and parents as after ``python -m``; a site of ``test_protection.py`` is started without this.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import SimpleNamespace
from typing import IO

from bot.settings import PROJECT

_fork_server = multiprocessing.get_context("forkserver")
_fork = multiprocessing.get_context("fork")

WORKER_PAUSE = "0.1"
"""Seconds: what waits for the worker is most of what a test of messages waits for."""


class Forked:
    """A process of multiprocessing, with what is used of a Popen."""

    def __init__(self, process: BaseProcess) -> None:
        process.start()
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The same as ``returncode``."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end. Raises subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired("a forked process", timeout)
        return self._process.exitcode

    def terminate(self) -> None:
        """SIGTERM, unless it has ended."""
        self._process.terminate()

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        self._process.kill()


def started(argv: list[str], environment: dict[str, str]) -> Forked:
    """``python -m`` with these words."""
    _fork_server.set_forkserver_preload(["tests.e2e.preloaded_modules"])
    return Forked(_fork_server.Process(target=_supervisor, args=(argv, environment)))


def _supervisor(argv: list[str], environment: dict[str, str]) -> None:
    from bot.commands import run

    signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal: a job in the background ignores it
    run.subprocess = SimpleNamespace(**{**vars(subprocess), "Popen": _child})  # type: ignore[assignment]
    _module(argv, PROJECT, environment)


def _child(
    command: list[str],
    *,
    cwd: Path,
    env: dict[str, str],
    stdin: int,
    stdout: IO[bytes],
    stderr: int,
    preexec_fn: Callable[[], None],
) -> Forked:
    if command[2] == "bot.worker":
        command = [*command, "--pause", WORKER_PAUSE]
    assert command[:2] == [sys.executable, "-m"] and (stdin, stderr) == (subprocess.DEVNULL, subprocess.STDOUT)

    def run() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        for output in (sys.stdout, sys.stderr):
            os.dup2(stdout.fileno(), output.fileno())
        preexec_fn()
        Path("/proc/self/comm").write_text(command[2][:15])  # what tests.e2e.faulty knows it by
        _module(command[2:], cwd, env)

    # A stop waits: its exception would be lost in a finalizer. A child that the supervisor does not know yet ends with
    # it, as after PR_SET_PDEATHSIG: a daemon of multiprocessing.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        gc.collect()  # or the child would close what the parent has left open, and with it drop the locks of SQLite
        open_files = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
        assert not [name for name in open_files if name.endswith((".db", ".db-wal", ".db-shm"))], open_files
        return Forked(_fork.Process(target=run, daemon=True))
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _module(argv: list[str], folder: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [*argv]
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)
