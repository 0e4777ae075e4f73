"""A disk that is full or can't be written to: an honest sentence, and no turn that counts half."""

from __future__ import annotations

import os
import resource
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.cases.model import CaseState
from tests.e2e.faulty import PROCESSES, PatientCustomer, pid_of
from tests.e2e.running import Site, running_site, wait_for
from tests.e2e.test_faults import STEPS, one_end

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of our own in memory, which can be filled; only root may make one."""
    folder = tmp_path_factory.mktemp("disk")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)], capture_output=True)
    if made.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the right to mount: {made.stderr.decode()}")
        warnings.warn("NO RIGHT TO MOUNT: the test of a full disk is skipped.", stacklevel=1)
        pytest.skip("only root may mount a disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def cramped(small_disk: Path) -> Iterator[Site]:
    """A bot with its data folder on the small disk."""
    with running_site(small_disk, take_back_minutes="0") as site:
        yield site


@contextmanager
def full(site: Site) -> Iterator[None]:
    """Fill the disk to the last byte."""
    ballast = site.home / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4_096):
                pass
        except OSError:
            pass
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def read_only(site: Site) -> Iterator[None]:
    """Whatever the processes of the bot try to write fails, as on a disk that was made read-only."""
    pids = [pid for pid in (pid_of(site, name) for name in PROCESSES) if pid is not None]
    assert len(pids) == len(PROCESSES)
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("broken", [full, read_only], ids=["full", "read-only"])
@pytest.mark.parametrize("step", [1, 3, 4])
def test_without_a_disk_to_write_to_nothing_counts_half(cramped: Site, broken, step: int) -> None:  # type: ignore[no-untyped-def]
    number, email = cramped.order()
    buyer = PatientCustomer(cramped.customer(), cramped.process)
    for text, wanted in STEPS[:step]:
        buyer.says(text.format(number=number, email=email), wanted)

    with broken(cramped):
        said = buyer.customer.says(STEPS[step][0].format(number=number, email=email))
        assert "sorry" in said and "+1 888-582-6840" in said and "Done" not in said

    wait_for(cramped.url, cramped.process)
    assert [file.case.state for file in cramped.cases(buyer.customer)] in ([], [CaseState.QUOTED])
    for text, wanted in STEPS[step:]:
        buyer.says(text.format(number=number, email=email), wanted)
    assert one_end(cramped, buyer, number) is CaseState.DONE
    with cramped.services.unit_of_work() as uow:
        assert uow.audit.verify()[1] == []
