"""A checkpoint that cannot be continued: what the user reads, and that nothing has been touched."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtpt_bench.data.people import Person
from gtpt_bench.errors import InputError, WeightsError
from gtpt_bench.training.checkpoint import load_checkpoint, save_checkpoint
from gtpt_bench.training.trainer import Trainer
from tests.training.small import small_trainer

SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)


@pytest.fixture
def saved(uninterrupted: Trainer, tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, uninterrupted.state())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(WeightsError) as caught:
        load_checkpoint(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    return message


def test_a_whole_checkpoint_comes_back_as_it_was(saved: Path, uninterrupted: Trainer) -> None:
    state = load_checkpoint(saved)
    assert state["step"] == uninterrupted.step
    assert all(torch.equal(state["model"][name], value) for name, value in uninterrupted.model.state_dict().items())


@SAME_FOLDER
@given(share=st.floats(0, 0.999))
def test_a_checkpoint_cut_off_anywhere_is_refused_and_says_how_to_start_over(saved: Path, share: float) -> None:
    whole = saved.read_bytes()
    cut = saved.with_name("cut.pt")
    cut.write_bytes(whole[: int(share * len(whole))])
    assert f"remove {cut.parent} to train this run again" in refusal(cut)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", bytes(1000), b"PK\x03\x04" + bytes(100)])
def test_other_bytes_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    refusal(path)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize("content", [{"model": {}}, {"format": "another project 1"}, [1, 2]])
def test_a_file_of_another_project_is_refused(content: object, tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save(content, path)
    assert "not a checkpoint of gtpt_bench" in refusal(path)


class RunsCode:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("code was run",))


def test_a_checkpoint_with_code_in_it_is_refused_unread(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save({"format": RunsCode()}, path)
    refusal(path)
    assert "code was run" not in capsys.readouterr().out


@pytest.mark.parametrize("change", [{"width": 32}, {"stage_depths": [1, 2, 1, 2]}, {"ffn_ratio": 2}])
def test_a_checkpoint_of_another_model_is_refused_and_the_run_stays_new(
    change: dict[str, Any], saved: Path, people: list[Person]
) -> None:
    other = small_trainer(people, **change)
    fresh = {name: value.clone() for name, value in other.model.state_dict().items()}
    with pytest.raises(WeightsError, match="does not fit the model") as caught:
        other.restore(load_checkpoint(saved))
    assert "\n" not in str(caught.value)
    assert (other.step, other.history) == (0, [])
    assert all(torch.equal(value, fresh[name]) for name, value in other.model.state_dict().items())


@pytest.mark.parametrize("lost", ["model", "ema", "optimizer", "step", "history", "epoch_losses"])
def test_a_checkpoint_that_lacks_a_part_is_refused(lost: str, uninterrupted: Trainer, people: list[Person]) -> None:
    state = uninterrupted.state()
    del state[lost]
    with pytest.raises(WeightsError, match=f"incomplete: it lacks {lost}"):
        small_trainer(people).restore(state)


def test_a_full_disk_leaves_the_old_checkpoint(
    saved: Path, uninterrupted: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def half_written(content: object, path: Path) -> None:
        path.write_bytes(before[:100])
        raise RuntimeError("write failed: no space left\nsecond line")

    monkeypatch.setattr(torch, "save", half_written)
    with pytest.raises(InputError, match="no space left") as caught:
        save_checkpoint(saved, uninterrupted.state())
    assert "\n" not in str(caught.value)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]
