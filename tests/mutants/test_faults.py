"""The list of known faults fits the code: each can still be put in. Whether a test catches it, `make mutants` says."""

from __future__ import annotations

from collections import Counter

import pytest

from scripts.mutants import ROOT, Fault, read_faults

KNOWN = read_faults()


@pytest.mark.parametrize("fault", KNOWN, ids=lambda fault: fault.name)
def test_a_fault_can_be_put_in(fault: Fault) -> None:
    """What it replaces stands once in its file, and what comes of it is Python."""
    assert fault.problem(ROOT) is None
    assert fault.after != fault.before
    if fault.file.endswith(".py"):
        text = (ROOT / fault.file).read_text("utf-8").replace(fault.before, fault.after)
        compile(text, fault.file, "exec")


@pytest.mark.parametrize("fault", KNOWN, ids=lambda fault: fault.name)
def test_a_fault_asks_modules_or_folders_that_are_there(fault: Fault) -> None:
    """Never one test by its name alone."""
    assert fault.protection.endswith(".")
    assert fault.tests and all((ROOT / path).exists() for path in fault.tests)


def test_no_two_faults_have_one_id() -> None:
    """An id names one fault, over all areas."""
    assert [id_ for id_, times in Counter(fault.name.partition("/")[2] for fault in KNOWN).items() if times > 1] == []


def test_every_folder_of_tests_is_asked() -> None:
    """Each has protections that it alone may see."""
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}
    asked = {path.split("/")[1] for fault in KNOWN for path in fault.tests}
    assert folders - asked <= {"mutants", "test_docs.py", "test_edge_settings.py"}
