"""Logs of our processes: warnings and errors, without personal data.

E-mail addresses, phone numbers and card numbers are replaced wherever they stand. Names can't be recognised, so what
may quote a customer is left out altogether: the text of exceptions (their kind and where they came from stay), and the
values that Rasa passes for messages, slots and trackers.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

from bot.masking import mask_cards

EMAIL, PHONE, REMOVED = "[email]", "[phone]", "[removed]"
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_EMAIL = re.compile(r"[^\s@<>\"(),;:\[\]]{0,64}(?:@|%40)[\w\-]{1,63}(?:\.[\w\-]{1,63})+")
_PHONE = re.compile(
    r"[+＋][ ]?\d(?:[\s().\-/]{0,2}\d){6,14}(?!\d)"  # international
    r"|(?<![\w.\-/:])\(?\d(?:[ ().\-/]{0,2}\d){8,16}(?![\w])"  # nine digits or more
    r"|(?<![\w.\-/:])\d{3}[ .\-]\d{4}(?![\w\-])"  # 582-6840
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d")
_QUOTING = frozenset(
    "text response_text user_text slot_values parse_data_text parse_data_entities prediction_events "
    "tracker_latest_message prefilled_slots message response slot_candidates rasa_event rasa_events tracker_states "
    "current_states old_states successes current_entity next_entity states entity token_text user_message "
    "json_message slots tracker events metadata arg".split()
)
"""Names under which Rasa logs what a customer said, or what came of it."""


def redact(text: str) -> str:
    """The text without e-mail addresses, phone numbers and card numbers."""
    masked, _ = mask_cards(text)
    return _PHONE.sub(_phone, _EMAIL.sub(EMAIL, masked))


def set_up() -> None:
    """Let this process log warnings and errors only, and nothing personal. Call it before anything else logs, and
    again after a library has set up logging of its own."""
    logging.setLogRecordFactory(_record)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _without_quotes,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def where(error: BaseException) -> str:
    """The kinds of an exception and of those that led to it, and where they came from, without their texts."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)
        lines.append(f"{'caused by ' if lines else ''}{type(current).__module__}.{type(current).__qualname__}")
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(lines)


def _record(
    name: str,
    level: int,
    path: str,
    line: int,
    message: object,
    args: Any,
    exc_info: Any,
    function: str | None = None,
    stack: str | None = None,
    **more: Any,
) -> logging.LogRecord:
    """A record whose text is final and redacted, so that no handler, of whoever it is, can say more."""
    record = logging.LogRecord(name, level, path, line, _kind(message), _kinds(args), None, function, stack, **more)
    try:
        text = record.getMessage()
    except Exception:
        text = "a log message that can't be formatted"
    if name == "asyncio":
        text = re.split(r"[\n(<]", text, maxsplit=1)[0]  # what follows shows exceptions and arguments
    record.msg, record.args = redact(text), ()
    record.stack_info = redact(stack) if stack else None
    error = exc_info[1] if isinstance(exc_info, tuple) else exc_info
    if isinstance(error, BaseException):
        record.exc_text = redact(where(error))
    return record


def _kind(value: object) -> object:
    return type(value).__qualname__ if isinstance(value, BaseException) else value


def _kinds(args: Any) -> Any:
    if isinstance(args, tuple):
        # The logging library hands over a dictionary within a tuple, for formats by name.
        return tuple({k: _kind(v) for k, v in arg.items()} if isinstance(arg, dict) else _kind(arg) for arg in args)
    return args


def _without_quotes(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    error = event.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True or (error is None and method == "exception") else error
    error = error[1] if isinstance(error, tuple) else error
    kept = {key: REMOVED if key in _QUOTING else _plain(value) for key, value in event.items()}
    return {**kept, **({"exception": where(error)} if isinstance(error, BaseException) else {})}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return type(value).__qualname__
    # Objects would show themselves with all they hold.
    return value if isinstance(value, (str, int, float, bool, type(None))) else f"[{type(value).__qualname__}]"


def _render(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    return json.dumps(dict(event), ensure_ascii=False)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("uncaught").critical(kind.__qualname__, exc_info=error)


def _phone(match: re.Match[str]) -> str:
    text = match.group()
    return text[:10] + redact(text[10:]) if _TIME.match(text) else PHONE
