"""`show tokens`: a picture of what a model keeps of a person, or one line that says why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from gtpt_bench.config import RunConfig
from gtpt_bench.data.config import DrawnData
from gtpt_bench.files import read_json_file, write_json
from gtpt_bench.models import build_model, create_model, model_config
from gtpt_bench.show.kept_tokens import model_and_protocol, seen_crops, stages_of
from gtpt_bench.study.store import SCHEMA
from gtpt_bench.training.checkpoint import save_checkpoint
from tests.cli.command import gtpt_study
from tests.training.small import small_model


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A picture, and the checkpoint of a small run in its folder."""
    folder = tmp_path / "images" / "val2017"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "000000000007.jpg"), np.full((120, 160, 3), 90, np.uint8))
    torch.manual_seed(0)
    save_checkpoint(tmp_path / "run" / "checkpoint.pt", {"ema": build_model(small_model()).state_dict()})
    config = RunConfig(model=small_model(), data=DrawnData())
    record = {"schema": SCHEMA, "step": "train", "signature": "x", "config": config.model_dump(mode="json")}
    write_json(tmp_path / "run" / "train.json", record)
    return tmp_path


def show(root: Path, *more: str | Path, weights: str | Path = "run/checkpoint.pt", image: str = "7") -> Any:
    return gtpt_study(
        *("show", "tokens", "--image", image, "--data-root", root, "--output", root / "out.png"),
        *("--weights", root / weights, *more),
    )


def test_the_checkpoint_of_a_run_knows_its_model(root: Path) -> None:
    answer = show(root, "--threshold", "0")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("tokens kept of 1 person of 000000000007.jpg drawn in ")
    assert answer.out.endswith("stage 1 16, stage 2 11, stage 3 4, stage 4 1 of 16\n")
    picture = cv2.imread(str(root / "out.png"))
    assert picture is not None
    assert min(picture.shape[:2]) > 500


@pytest.mark.parametrize("flip_test", [True, False])
def test_a_runs_pose_is_that_of_its_own_protocol(root: Path, flip_test: bool) -> None:
    """One trained on no mirrored image says nonsense in a flip test."""
    record = read_json_file(root / "run" / "train.json")
    assert record is not None
    record["config"]["evaluation"] = {"flip_test": flip_test}
    write_json(root / "run" / "train.json", record)
    config, protocol = model_and_protocol("", root / "run" / "checkpoint.pt")
    assert (config, protocol.flip_test) == (small_model(), flip_test)
    poses = {
        flips: seen_crops(
            config,
            stages_of(config),
            root / "run" / "checkpoint.pt",
            root / "images" / "val2017" / "000000000007.jpg",
            [(10, 10, 60, 90)],
            protocol.model_copy(update={"flip_test": flips}),
        )[0].pose
        for flips in (True, False)
    }
    assert not np.array_equal(poses[True], poses[False])


def test_other_keep_rates_and_several_people_can_be_asked_for(root: Path) -> None:
    boxes = ("--box", "10,10,60,90", "--box", "70,5.5,60,100")
    answer = show(root, *boxes, "--set", "pruning.keep_rates=[1,0.5,0.5,0.25]", "--threshold", "0")
    assert "tokens kept of 2 people" in answer.out
    assert answer.out.endswith("stage 1 16, stage 2 8, stage 3 8, stage 4 4 of 16\n")


def test_weights_without_a_run_are_of_the_model_that_is_named(root: Path) -> None:
    small = create_model("gtpt_tiny_coco")
    save_checkpoint(root / "weights.pt", {"ema": small.state_dict()})
    answer = show(root, "--model", "gtpt_tiny_coco", weights="weights.pt")
    assert answer.code == 0, answer.err
    assert "stage 4 4 of 48" in answer.out


def test_a_ppt_has_one_row_of_tokens(root: Path) -> None:
    changes = {"input_size": (64, 48), "depth": 4, "width": 16, "heads": 2, "trunk.width": 8}
    schedule = {"kind": "at_layers", "shares": [[1, 0.5]]}
    model = build_model(model_config("ppt_s", {**changes, "pruning.schedule": schedule}))
    save_checkpoint(root / "ppt.pt", {"ema": model.state_dict()})
    sets = [f"{key}={list(value) if isinstance(value, tuple) else value}" for key, value in changes.items()]
    options = [part for text in (*sets, "pruning.schedule.shares=[[1,0.5]]") for part in ("--set", text)]
    answer = show(root, "--model", "ppt_s", *options, "--threshold", "0", weights="ppt.pt")
    assert "start 16, from layer 2 8 of 16" in answer.out, answer.err


# Mistakes


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (("--model", "hrnet_w32"), "this hrnet drops no image tokens"),
        (("--set", "pruning.keep_rates=[1,1,1,1]"), "this gtpt drops no image tokens"),
        (("--set", "pruning.keep_rate=[1]"), "did you mean 'keep_rates'"),
        (("--set", "pruning"), "KEY=VALUE is expected"),
        (("--model", "gtpt_m_coco"), "unknown model"),
        (("--box", "1,2,3"), "is not X,Y,W,H"),
        (("--box", "160,0,20,20"), "box 160,0,20,20 lies outside 000000000007.jpg, which is 160 pixels wide and 120"),
        (("--box", "0,-20,20,20"), "lies outside"),
        (("--model", "gtpt_s_coco"), "checkpoint.pt"),
    ],
)
def test_wrong_use_is_one_line(root: Path, more: tuple[str, ...], expected: str) -> None:
    assert expected in show(root, *more).error
    assert not (root / "out.png").exists()


def test_weights_that_lie_alone_need_their_models_name(root: Path) -> None:
    (root / "run" / "train.json").unlink()
    assert "give --model NAME" in show(root).error


def test_a_missing_image_is_one_line(root: Path) -> None:
    assert "photo.jpg does not exist" in show(root, image="photo.jpg").error


def test_only_png_is_written(root: Path) -> None:
    assert "not a .png file" in show(root, "--output", root / "out.jpg").error
