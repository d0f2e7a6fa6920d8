"""Damage to the newest checkpoint is noticed, and the run goes on from the one before."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtpt_bench.errors import WeightsError
from gtpt_bench.training.checkpoint import (
    before,
    clear_unfinished,
    forget_earlier,
    last_good_checkpoint,
    load_checkpoint,
    save_checkpoint,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of two checkpoints, saved one after the other."""
    path = tmp_path / "checkpoint.pt"
    for step in (1, 2):
        save_checkpoint(path, {"step": step, "model": {"weight": torch.full((1000,), float(step))}})
    return path


def step_of(path: Path) -> int | None:
    state = last_good_checkpoint(path)
    return None if state is None else int(state["step"])


def test_the_newest_one_is_taken_and_the_one_before_is_there(path: Path) -> None:
    assert step_of(path) == 2
    assert load_checkpoint(before(path))["step"] == 1
    assert sorted(file.name for file in path.parent.iterdir()) == ["checkpoint.before.pt", "checkpoint.pt"]


def test_without_any_there_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    assert last_good_checkpoint(tmp_path / "checkpoint.pt") is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(share=st.floats(0, 0.999))
def test_a_cut_off_one_gives_way_to_the_one_before(path: Path, share: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert step_of(path) == 1
    path.write_bytes(whole)


def test_one_flipped_bit_among_the_weights_is_noticed(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = bytearray(path.read_bytes())
    place = content.index(torch.full((10,), 2.0).numpy().tobytes())
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="its bytes are not those that were written"):
        load_checkpoint(path)
    assert step_of(path) == 1
    assert "going on from the checkpoint before it" in caplog.text


def test_a_lost_one_gives_way_to_the_one_before(path: Path) -> None:
    path.unlink()
    assert step_of(path) == 1


def test_two_damaged_ones_are_an_error_that_names_the_files(path: Path) -> None:
    path.write_bytes(b"")
    before(path).write_bytes(b"")
    with pytest.raises(WeightsError, match=r"checkpoint\.before\.pt .*; remove .* to train this run again"):
        last_good_checkpoint(path)


def test_what_killed_writers_left_is_cleared_away(path: Path) -> None:
    """Each as large as a checkpoint, and under a name of its own."""
    for name in (".checkpoint.pt.host.12.tmp", ".checkpoint.before.pt.13.tmp"):
        (path.parent / name).write_bytes(b"half of it")
    clear_unfinished(path)
    assert sorted(file.name for file in path.parent.iterdir()) == ["checkpoint.before.pt", "checkpoint.pt"]


def test_a_finished_run_keeps_one_alone(path: Path) -> None:
    forget_earlier(path)
    forget_earlier(path)
    assert [file.name for file in path.parent.iterdir()] == ["checkpoint.pt"]
