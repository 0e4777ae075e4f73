"""A Slack on this machine, to try the bot without an account: what you type is a customer's direct message.

make local-slack
"""

from __future__ import annotations

import argparse
import sys
import threading
import time

import httpx

from tests.messaging.provider_servers import Got, SlackServer

_QUIET_SECONDS = 3
"""How long no answer may come, once the input has ended, before this ends, too."""


class LocalSlack:
    """One customer, and the contract server of the tests as their Slack."""

    def __init__(self, port: int, bot: str, customer: str) -> None:
        self.slack = SlackServer()
        self.slack._port, self.slack.site = port, bot
        self.customer = customer
        self.choices: list[tuple[str, str]] = []
        self.heard = 0
        self.heard_at = time.monotonic()

    def talk(self) -> None:
        """Send each line of the input, and show what comes back, until the input ends."""
        self.slack.start()
        print(self.introduction(), flush=True)
        threading.Thread(target=self._listen, daemon=True).start()
        for line in sys.stdin:
            if text := line.strip():
                self._send(text)
        while time.monotonic() - self.heard_at < _QUIET_SECONDS:
            time.sleep(0.1)
        for violation in self.slack.violations:
            print(f"Slack would not have taken this: {violation}")
        self.slack.stop()

    def introduction(self) -> str:
        """What to do, with the settings to copy."""
        slack = {"URL": self.slack.url, "BOT_TOKEN": self.slack.token, "SIGNING_SECRET": self.slack.secret}
        settings = {"HOME": "var/local-slack", **{f"SLACK_{name}": value for name, value in slack.items()}}
        exports = "\n".join(f"export REFUND_DESK_{name}={value}" for name, value in settings.items())
        command = ".venv/bin/refund-desk"
        return (
            f"A local Slack listens at {self.slack.url}. Start the bot in another terminal, in the same folder:\n\n"
            f"{exports}\n{command} orders sample me@example.org > var/sample-orders.json\n"
            f"{command} orders import var/sample-orders.json\n{command} run --no-browser\n\n"
            f"Then write here, as a customer who writes to the app; a number presses the button of that number. Order\n"
            f"CC-104233 is me@example.org's.\n"
            f"Ctrl-D ends it."
        )

    def _send(self, text: str) -> None:
        self.heard_at = time.monotonic()
        if text.isdigit() and 0 < int(text) <= len(self.choices):
            title, value = self.choices[int(text) - 1]
            print(f"  (pressed: {title})", flush=True)
            event = self.slack.press(self.customer, title, value)
        else:
            event = self.slack.words(self.customer, text)
        try:
            answer = self.slack.sends(event)
        except httpx.HTTPError:
            print(f"  Nothing answers at {self.slack.site}: start the bot, then write it again.", flush=True)
            return
        if answer.status_code != 200:
            print(f"  The bot answered {answer.status_code}: was it started with the settings above?", flush=True)

    def _listen(self) -> None:
        while True:
            for got in self.slack.got[self.heard :]:
                self.heard += 1
                self.heard_at = time.monotonic()
                self._show(got)
            time.sleep(0.1)

    def _show(self, got: Got) -> None:
        self.choices = got.buttons
        print("  bot: " + "\n       ".join(got.text.splitlines()))
        for number, (title, _) in enumerate(got.buttons, 1):
            print(f"       [{number}] {title}")
        sys.stdout.flush()


def main() -> None:
    """Read the options, and talk."""
    parser = argparse.ArgumentParser(description="A Slack on this machine, to try the bot without an account.")
    parser.add_argument("--port", type=int, default=5199, help="where the local Slack listens")
    parser.add_argument("--bot", default="http://127.0.0.1:5005", help="where the bot is")
    parser.add_argument("--customer", default="LOCAL1", help="who writes; another name is another conversation")
    args = parser.parse_args()
    LocalSlack(args.port, args.bot, args.customer).talk()


if __name__ == "__main__":
    main()
