"""Fixtures of the study tests: an empty workplace, and one whose study has been run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.study.small_study import Workplace


@pytest.fixture(scope="session", autouse=True)
def _one_thread_of_the_cpu() -> Iterator[None]:
    """Numbers are compared to the bit, between processes too, and the machine may have a GPU."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("CUDA_VISIBLE_DEVICES", "")
        patch.delenv("GTPT_DATA_ROOT", raising=False)
        patch.setattr(torch.cuda, "is_available", lambda: False)
        yield
    torch.set_num_threads(threads)


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A study file beside an empty results folder."""
    workplace = Workplace(tmp_path)
    workplace.write()
    return workplace


@pytest.fixture(scope="session")
def _finished(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    workplace = Workplace(tmp_path_factory.mktemp("finished"))
    workplace.write()
    outcome = workplace.run()
    assert (outcome.done, outcome.failed) == (3, 0)
    return workplace


@pytest.fixture
def finished(_finished: Workplace, tmp_path: Path) -> Workplace:
    """A copy of a study that has been run to its end."""
    shutil.copytree(_finished.path, tmp_path, dirs_exist_ok=True)
    return Workplace(tmp_path)
