"""Nothing personal gets into a log, whoever writes it and however."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import redact
from bot.settings import PROJECT

SET_UP = """
import asyncio, logging, sys, threading, warnings
import structlog
from bot import logs
early = structlog.get_logger("rasa.early")
logs.set_up()
NAME, EMAIL, PHONE, CARD = "Zebedee Quill", "zebedee@example.org", "+44 7700 900123", "4111 1111 1111 1111"
TEXT = f"{NAME} {EMAIL} {PHONE} {CARD}"
PATTERNS = f"{EMAIL} {PHONE} {CARD}"

class Gone(Exception):
    pass

def fails():
    try:
        raise ValueError(TEXT)
    except ValueError as error:
        raise Gone(TEXT) from error
"""
WAYS = {
    "message": "logging.getLogger('rasa.core').error(PATTERNS)",
    "argument": "logging.getLogger('rasa.core').error('got %s and %r', PATTERNS, [PATTERNS])",
    "argument by name": "logging.getLogger('rasa.core').error('got %(a)s', {'a': PATTERNS})",
    "error as message": "logging.getLogger('rasa.core').error(ValueError(TEXT))",
    "error as argument": "logging.getLogger('rasa.core').error('failed: %s', ValueError(TEXT))",
    "traceback": "try:\n    fails()\nexcept Gone:\n    logging.getLogger('sanic.error').exception('failed')",
    "structlog": "structlog.get_logger('x').error('failed', who=PATTERNS, error=ValueError(TEXT), tracker={'a': TEXT})",
    "structlog, made before": "early.warning('failed', text=TEXT, user_message=TEXT, extra=[TEXT])",
    "structlog traceback": "try:\n    fails()\nexcept Gone:\n    early.exception('failed')",
    "structlog with an error": "try:\n    fails()\nexcept Gone as e:\n    early.error('failed', exc_info=e)",
    "warning": "warnings.simplefilter('always')\nwarnings.warn(PATTERNS)",
    "thread": "t = threading.Thread(target=fails)\nt.start()\nt.join()",
    "task": (
        "async def main():\n    async def inner():\n        fails()\n"
        "    task = asyncio.create_task(inner())\n    await asyncio.sleep(0.01)\n    del task\nasyncio.run(main())\n"
        "import gc\ngc.collect()"
    ),
    "callback": (
        "async def main():\n    def bad(text):\n        fails()\n"
        "    asyncio.get_running_loop().call_soon(bad, TEXT)\n    await asyncio.sleep(0.01)\nasyncio.run(main())"
    ),
    "another handler": (
        "handler = logging.StreamHandler(sys.stderr)\nlog = logging.getLogger('own')\nlog.addHandler(handler)\n"
        "log.propagate = False\ntry:\n    fails()\nexcept Gone:\n    log.exception('failed %s', PATTERNS)"
    ),
    "uncaught": "fails()",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_log_holds_the_kind_of_an_error_and_nothing_personal(way: str) -> None:
    code = textwrap.dedent(SET_UP) + WAYS[way]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    written = done.stdout + done.stderr

    assert written.strip(), "it is logged"
    for text in ("Zebedee", "Quill", "example.org", "7700", "900123", "4111", "1111"):
        assert text not in written, written
    if "fails()" in WAYS[way]:
        assert "Gone" in written and "in fails" in written and "ValueError" in written, written


def test_below_warnings_nothing_is_logged() -> None:
    code = SET_UP + "logging.getLogger('rasa').info(NAME)\nearly.info(NAME)\nlogging.getLogger('x').debug(NAME)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("mail alex.o'brien+x@mail.example.co.uk now", "mail [email] now"),
        ('{"email": "alex@example.com"}', '{"email": "[email]"}'),
        ("alex%40example.com", "[email]"),
        ("ümit@exämple.de", "[email]"),
        ("+1 888-582-6840, (888) 582-6840 or 582-6840", "[phone], [phone] or [phone]"),
        ("+49(0)151/23456789", "[phone]"),
        ("tel:+447700900123", "tel:[phone]"),
        ("4111-1111-1111-1111", "[card number]"),
        ("order CC-104233, case RD-AAAAAA", "order CC-104233, case RD-AAAAAA"),
        ("2026-11-25 15:45:11 on 127.0.0.1:5055", "2026-11-25 15:45:11 on 127.0.0.1:5055"),
        ("2026-11-25T15:45:11.123456+00:00", "2026-11-25T15:45:11.123456+00:00"),
        ("line 1125 of action.py in 0x7f31e2e2cbb0", "line 1125 of action.py in 0x7f31e2e2cbb0"),
    ],
)
def test_what_is_redacted_and_what_stays(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@given(st.emails(), st.text("ab \n:"), st.text("ab \n:"))
def test_any_address_is_redacted(email: str, before: str, after: str) -> None:
    domain = email.rpartition("@")[2]
    assert domain not in redact(f"{before} {email} {after}")


@given(st.from_regex(r"\+[1-9]([ \-]?[0-9]){7,14}", fullmatch=True))
def test_any_international_number_is_redacted(phone: str) -> None:
    assert redact(f"call {phone}!") in ("call [phone]!", "call +[card number]!")
