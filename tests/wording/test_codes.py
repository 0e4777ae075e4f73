"""What the command, an import and the audit have to say has its message, with its values."""

from __future__ import annotations

import ast

from bot.cases.ports.audit import AuditProblem
from bot.commands import CommandError
from bot.store.imports import ImportRefused
from tests.wording.test_catalogue import ROOT, variables

GROUPS = {kind.__name__: kind.group for kind in (AuditProblem, CommandError, ImportRefused)}


def test_every_code_has_a_message_and_its_values() -> None:
    messages, made = variables("en"), set()
    for file in ROOT.glob("bot/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GROUPS):
                continue
            assert isinstance(node.args[0], ast.Constant), f"{file}:{node.lineno}"
            code = f"{GROUPS[node.func.id]}_{node.args[0].value}"
            made.add(code)
            assert {keyword.arg for keyword in node.keywords} == messages[code], f"{file}:{node.lineno}"
    assert made | {"command_error_refused", "command_error_unusable"} == {
        code for code in messages if code.startswith(tuple(f"{group}_" for group in GROUPS.values()))
    } - {"audit_verified"}
