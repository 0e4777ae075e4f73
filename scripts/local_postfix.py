"""A refund by mail through a real Postfix: the alias of docs/connect/email.md, the bot, and a customer's mailbox.

make local-postfix

Postfix runs beside any other one, from a folder of its own and on ports of its own; it is started by root and runs the
alias as a user that may do nothing else, as it does everywhere. What is in the thread is printed as it comes.
"""

from __future__ import annotations

import argparse
import email
import json
import os
import pwd
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import httpx

from bot.settings import PROJECT
from tests.ports import free_port

BOT, CUSTOMER = "help@shop.example", "alex@customer.example"
COMMAND = PROJECT / ".venv" / "bin" / "refund-desk"
_SECONDS = 60
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mx.shop.example
mydestination = shop.example, customer.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps = hash:{folder}/aliases
local_recipient_maps = $alias_maps
recipient_delimiter = +
biff = no
"""
_MASTER = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
local unix - n n - - local
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


def main() -> int:
    """Say what is missing, or run the refund; 0 where the customer got it."""
    argparse.ArgumentParser(description="A refund by mail through a real Postfix on this machine.").parse_args()
    if problem := _missing():
        print(problem, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="refund-desk-postfix-") as name:
        folder, port, site = Path(name), free_port(), f"http://127.0.0.1:{free_port()}"
        folder.chmod(0o755)
        settings = {
            "REFUND_DESK_HOME": f"{folder}/home",
            "REFUND_DESK_PUBLIC_URL": site,
            "REFUND_DESK_SMTP_URL": f"smtp://127.0.0.1:{port}",
            "REFUND_DESK_EMAIL_ADDRESS": BOT,
            "REFUND_DESK_EMAIL_SECRET": os.urandom(24).hex(),
            "REFUND_DESK_MAIL_FROM": BOT,
            "REFUND_DESK_TAKE_BACK_MINUTES": "0",
        }
        with _postfix(folder, port, settings), _bot(folder, site, settings):
            return Talk(folder, port, {**os.environ, **settings}).refund()


def _missing() -> str | None:
    if os.geteuid() != 0:
        return "Postfix has to be started by root: run this as root."
    if not shutil.which("postfix"):
        return "There is no Postfix: install it (Debian: apt-get install postfix)."
    as_nobody = subprocess.run([COMMAND, "--help"], user="nobody", group="nogroup", capture_output=True, check=False)
    if as_nobody.returncode:
        return (
            f"The user that Postfix runs aliases as can't run {COMMAND}: have it, and its Python, where all may read."
        )
    return None


@contextmanager
def _postfix(folder: Path, port: int, settings: dict[str, str]) -> Iterator[None]:
    nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
    for name in ("etc", "queue", "data", "inbox"):
        (folder / name).mkdir()
    os.chown(folder / "data", postfix.pw_uid, postfix.pw_gid)
    os.chown(folder / "inbox", nobody.pw_uid, nobody.pw_gid)
    needed = folder / "post-mail.settings"
    needed.write_text("".join(f"{name}={value}\n" for name, value in settings.items()), "utf-8")
    os.chown(needed, nobody.pw_uid, nobody.pw_gid)
    needed.chmod(0o400)
    piped = f'"|{COMMAND} post-mail --settings {needed} --authserv-id mx.shop.example"'
    (folder / "aliases").write_text(f"help: {piped}\nalex: {folder}/inbox/\n", "utf-8")
    (folder / "etc" / "main.cf").write_text(_MAIN.format(folder=folder), "utf-8")
    (folder / "etc" / "master.cf").write_text(_MASTER.format(port=port), "utf-8")
    subprocess.run(["postalias", "-c", folder / "etc", f"hash:{folder}/aliases"], check=True, capture_output=True)
    subprocess.run(["postfix", "-c", folder / "etc", "start"], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["postfix", "-c", folder / "etc", "stop"], check=False, capture_output=True)


@contextmanager
def _bot(folder: Path, site: str, settings: dict[str, str]) -> Iterator[None]:
    known = {**os.environ, **settings}
    sample = subprocess.run([COMMAND, "orders", "sample", CUSTOMER], env=known, capture_output=True, check=True)
    (folder / "orders.json").write_bytes(sample.stdout)
    subprocess.run([COMMAND, "orders", "import", folder / "orders.json"], env=known, capture_output=True, check=True)
    port = site.rpartition(":")[2]
    with (folder / "bot.log").open("wb") as log:
        bot = subprocess.Popen([COMMAND, "run", "--no-browser", "--port", port], env=known, stdout=log, stderr=log)
    try:
        _wait_for(lambda: _is_ready(site), f"the bot is not ready; see {folder}/bot.log", 300)
        yield
    finally:
        bot.terminate()
        bot.wait()


def _is_ready(site: str) -> bool:
    try:
        return httpx.get(f"{site}/health", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _wait_for(holds: object, otherwise: str, seconds: float = _SECONDS) -> None:
    until = time.monotonic() + seconds
    assert callable(holds)
    while not holds():
        if time.monotonic() > until:
            raise SystemExit(otherwise)
        time.sleep(0.2)


class Talk:
    """A customer's mails and the answers, in one thread."""

    def __init__(self, folder: Path, port: int, known: dict[str, str]) -> None:
        """``known``: the settings of the bot, for its commands."""
        self.folder, self.port, self.known = folder, port, known
        self.read: set[Path] = set()
        self.thread: list[str] = []
        self.quoted = ""

    def refund(self) -> int:
        """The whole of it: asked for, proven, quoted, confirmed, receipt."""
        said = self.says("Hi,\nI'd like a refund for order CC-104233. I changed my mind.\n\nThanks,\nAlex")
        for _ in range(8):
            print(f"--- {BOT}\n{said}\n", flush=True)
            if "/receipts/RD-" in said:
                return self.carried_out()
            said = self.says(self.answer_to(said))
        print("No refund came of it.", file=sys.stderr)
        return 1

    def carried_out(self) -> int:
        """Whether the case is done, with the sum that the customer was told."""

        def case() -> dict[str, Any]:
            listed = subprocess.run(
                [COMMAND, "cases", "list", "--json"], env=self.known, capture_output=True, check=True
            )
            [one] = json.loads(listed.stdout)
            return dict(one)

        _wait_for(lambda: case()["state"] == "done", "the refund was agreed, and not paid")
        print(f"Refunded: {case()}\n{len(self.read)} mails came to the customer through Postfix.")
        return 0

    def answer_to(self, said: str) -> str:
        """What this customer answers to a question of the bot."""
        code = re.search(r"\b(\d{6})\b", said)
        for question, answer in (
            (r"go ahead|shall i|yes or no", "Yes"),
            (r"wallet", "Back to my card, please"),
            (r"why|reason", "I changed my mind"),
            (r"e-mail address|address", CUSTOMER),
            (r"code", code[1] if code else "I have no code"),
        ):
            if re.search(question, said, re.I):
                return answer
        return "Yes"

    def says(self, text: str) -> str:
        """Send a mail, quoting what is answered; the mails that come back, as one text."""
        print(f"--- {CUSTOMER}\n{text}\n", flush=True)
        mail = EmailMessage()
        mail["From"], mail["To"] = f"Alex Rivera <{CUSTOMER}>", BOT
        mail["Subject"] = "Re: My card" if self.thread else "My card"
        mail["Message-ID"] = make_msgid(domain="customer.example")
        if self.thread:
            mail["In-Reply-To"], mail["References"] = self.thread[-1], " ".join(self.thread)
        mail.set_content(text + self.quoted)
        self.thread.append(mail["Message-ID"])
        with smtplib.SMTP("127.0.0.1", self.port) as server:
            server.send_message(mail)
        return self.heard()

    def heard(self) -> str:
        """The mails that came since, once no more come for two seconds."""
        new: list[Path] = []
        _wait_for(lambda: bool(self.unread()), f"no answer came; see {self.folder}/mail.log")
        while len(new) != len(self.unread()):
            new = self.unread()
            time.sleep(2)
        self.read.update(new)
        texts = []
        for path in new:
            mail = email.message_from_bytes(path.read_bytes(), policy=default)
            assert isinstance(mail, EmailMessage)
            if "MAILER-DAEMON" in str(mail["From"]):
                raise SystemExit(f"Postfix could not bring a mail:\n{mail.as_string()}")
            body = mail.get_body(("plain",))
            texts.append(str(body.get_content()) if body else "")
            self.thread.append(str(mail["Message-ID"]))
        said = "\n".join(texts)
        lines = "\n".join(f"> {line}".rstrip() for line in said.splitlines())
        self.quoted = f"\n\nOn Mon, Nov 30, 2026 at 11:39 PM <{BOT}> wrote:\n{lines}\n"
        return said

    def unread(self) -> list[Path]:
        """The mails in the customer's mailbox that were not read yet, oldest first."""
        paths = (self.folder / "inbox" / "new").glob("*")
        return sorted((path for path in paths if path not in self.read), key=lambda path: path.stat().st_mtime)


if __name__ == "__main__":
    sys.exit(main())
