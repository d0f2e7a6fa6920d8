"""`eval`: a weight file and a data root in, figures out; and nothing misleading if the weights are broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gtpt_bench.data.layout import DataRoot
from gtpt_bench.errors import DataError, InputError, WeightsError
from gtpt_bench.evaluation.coco import STATS
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.score import score_files
from gtpt_bench.evaluation.weights import Evaluated, evaluate_file
from gtpt_bench.models import create_model
from gtpt_bench.training.checkpoint import FORMAT
from tests.data.coco_folder import shared

MODEL = "gtpt_tiny_coco"


@pytest.fixture(scope="module")
def root(drawn_root: DataRoot, tmp_path_factory: pytest.TempPathFactory) -> DataRoot:
    """Two of the drawn validation images, so that the network has little to do."""
    path = tmp_path_factory.mktemp("two")
    truth = json.loads(drawn_root.annotations("val2017", "coco").read_text())
    truth["images"] = truth["images"][:2]
    ids = {image["id"] for image in truth["images"]}
    truth["annotations"] = [entry for entry in truth["annotations"] if entry["image_id"] in ids]
    (path / "annotations").mkdir()
    (path / "annotations" / "person_keypoints_val2017.json").write_text(json.dumps(truth))
    (path / "images").symlink_to(drawn_root.path / "images")
    return DataRoot(path)


def checkpoint(path: Path, *, broken: bool = False, **about: str) -> Path:
    """As training leaves it; untrained weights, or NaN in one of them."""
    torch.manual_seed(0)
    state = create_model(MODEL).state_dict()
    if broken:
        next(value for name, value in state.items() if name.endswith("x.1.bias"))[:] = float("nan")
    torch.save({"format": FORMAT, "ema": state, **about}, path)
    return path


def evaluate(
    weights: Path, root: DataRoot, predictions: Path | None = None, *, name: str = MODEL, split: str = "val2017"
) -> Evaluated:
    protocol = Protocol(boxes="ground_truth", flip_test=False)
    return evaluate_file(
        name, weights, root.path, protocol, split=split, predictions=predictions, on_batch=lambda *_: None
    )


def test_figures_are_those_of_the_predictions_it_writes(tmp_path: Path, root: DataRoot) -> None:
    predictions = tmp_path / "predictions.json.gz"
    found = evaluate(checkpoint(tmp_path / "weights.pt"), root, predictions)
    assert tuple(found.metrics) == STATS
    assert found.protocol["boxes"] == {"source": "ground_truth"}
    assert len(json.loads(gzip.decompress(predictions.read_bytes()))) > 0
    assert score_files(predictions, root.annotations("val2017", "coco"), "coco") == found.metrics


def test_a_run_is_evaluated_in_the_grid_of_pixels_that_it_was_trained_in(tmp_path: Path, root: DataRoot) -> None:
    """The same weights see a crop half a pixel aside, and their bins mean other pixels. The authors' grid is usual."""
    corner, centred = tmp_path / "corner.json", tmp_path / "centred.json"
    usual = evaluate(checkpoint(tmp_path / "weights.pt"), root, corner)
    other = evaluate(checkpoint(tmp_path / "weights.pt", pixel_grid="centred"), root, centred)
    assert (usual.protocol["pixel_grid"], other.protocol["pixel_grid"]) == ("corner", "centred")
    assert corner.read_bytes() != centred.read_bytes()
    with pytest.raises(WeightsError, match=r"a grid of pixels that this version does not know: hexagonal$"):
        evaluate(checkpoint(tmp_path / "weights.pt", pixel_grid="hexagonal"), root)


def test_weights_with_nan_are_one_clear_error_and_leave_no_predictions(tmp_path: Path, root: DataRoot) -> None:
    weights = checkpoint(tmp_path / "weights.pt", broken=True)
    for predictions in (None, tmp_path / "predictions.json"):
        with pytest.raises(DataError, match=r"entry 0: .*not a number$"):
            evaluate(weights, root, predictions)
    assert not (tmp_path / "predictions.json").exists()


def test_missing_files_are_named(tmp_path: Path, root: DataRoot) -> None:
    with pytest.raises(WeightsError, match=r"weights.pt does not exist"):
        evaluate(tmp_path / "weights.pt", root)
    with pytest.raises(InputError, match=r"person_keypoints_val2017.json does not exist"):
        evaluate(checkpoint(tmp_path / "weights.pt"), DataRoot(tmp_path))


def official(path: Path, name: str) -> Path:
    """As the authors of a peer release their weights: a state dict under their names."""
    torch.manual_seed(0)
    state = create_model(name).state_dict()
    if path.suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save({"state_dict": state}, path)
    return path


@pytest.mark.parametrize(
    ("name", "file", "grid", "output"),
    [
        ("vitpose_s", "weights.pth", "centred", "heatmap"),
        ("deeppose_res50", "weights.safetensors", "corner", "regression"),
    ],
)
def test_peers_are_evaluated_as_their_authors_do(
    tmp_path: Path, root: DataRoot, name: str, file: str, grid: str, output: str
) -> None:
    """From either kind of file, in the authors' grid of pixels, read by the rule of the output."""
    predictions = tmp_path / "predictions.json"
    found = evaluate(official(tmp_path / file, name), root, predictions, name=name)
    assert score_files(predictions, root.annotations("val2017", "coco"), "coco") == found.metrics
    assert found.protocol["pixel_grid"] == grid
    assert found.protocol["reading"]["output"] == output


def test_a_model_of_mpii_is_scored_by_pckh(tmp_path: Path) -> None:
    weights, root = official(tmp_path / "weights.pth", "hevitpose_t"), shared("mpii_mini")
    found = evaluate(weights, DataRoot(root), name="hevitpose_t", split="valid")
    assert found.protocol["name"] == "mpii"
    assert found.protocol["boxes"] == {"source": "ground_truth"}
    assert found.metrics["Mean"] >= found.metrics["Mean@0.1"]


def test_weights_of_another_model_are_refused_in_one_line(tmp_path: Path, root: DataRoot) -> None:
    with pytest.raises(WeightsError, match=r"does not fit the model; missing: .* unexpected: ") as found:
        evaluate(official(tmp_path / "weights.pth", "deeppose_res50"), root, name="vitpose_s")
    assert "\n" not in str(found.value)
