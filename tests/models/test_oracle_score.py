"""The oracle keeps the tokens that hold a keypoint, then the nearest: an upper bound on what any score could keep."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import event, given, settings
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.errors import InputError
from gtpt_bench.models.blocks.pruning.image_tokens import ImageTokens
from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.blocks.pruning.score import Oracle
from gtpt_bench.models.blocks.pruning.score.base import Candidates
from gtpt_bench.models.blocks.pruning.truth import Truth
from gtpt_bench.models.gtpt.kept import watch_kept_tokens
from gtpt_bench.models.sizes import Size
from tests.models.small_gtpt import pictures, places, small_config, small_gtpt

HEIGHT, WIDTH, CELL, COLUMNS = 64, 48, 8, 6
OWN = (range(5), range(5, 11), range(11, 17))
"""COCO's groups: head, upper limbs, lower limbs."""


def coordinates(length: int) -> st.SearchStrategy[float]:
    """Anywhere in the crop, and as often exactly on a border of cells or a hair before it."""
    borders = st.integers(0, length // CELL - 1).map(lambda cell: float(cell * CELL))
    before = st.integers(1, length // CELL).map(
        lambda cell: torch.tensor(cell * CELL).float().nextafter(torch.zeros(()))
    )
    return st.one_of(st.floats(0, length, exclude_max=True, width=32), borders, before.map(float))


points = st.lists(st.tuples(coordinates(WIDTH), coordinates(HEIGHT)), min_size=17, max_size=17)
labels = st.lists(st.booleans(), min_size=17, max_size=17)
Points = list[tuple[float, float]]


def truth_of(keypoints: Points, visible: list[bool]) -> Truth:
    return Truth(torch.tensor([keypoints]), torch.tensor([visible]))


def cell_of(point: tuple[float, float]) -> int:
    return int(point[1] // CELL) * COLUMNS + int(point[0] // CELL)


def pixels_to(cell: int, point: tuple[float, float]) -> float:
    """From a point to the nearest one of a cell."""
    left, top = cell % COLUMNS * CELL, cell // COLUMNS * CELL
    across, down = (max(0.0, low - at, at - low - CELL) for low, at in ((left, point[0]), (top, point[1])))
    return float((across**2 + down**2) ** 0.5)


def oracle(**changes: Any) -> Any:
    return small_gtpt(**{"pruning": {"score": {"kind": "oracle"}, **changes.pop("pruning", {})}, **changes})


def cuts_of(model: Any, truth: Truth) -> list[KeptTokens]:
    with torch.no_grad(), watch_kept_tokens(model) as cuts:
        model(pictures(len(truth.keypoints)), truth)
    return cuts


@settings(max_examples=80)
@given(
    keypoints=points,
    visible=labels,
    dropped=st.sampled_from(["dropped", "fused", "merged"]),
    changes=st.sampled_from([{}, {"grouping": {"kind": "off"}}, {"split_point": "inside_first_fine_layer"}]),
)
def test_every_visible_keypoint_keeps_its_token_while_there_are_slots(
    keypoints: Points, visible: list[bool], dropped: str, changes: dict[str, Any]
) -> None:
    """Of all keypoints where all ask, of a group's own after the split; 19, 9, 4 slots, one fewer beside a fused token.

    A promise holds at a cut if it fits in the slots of that one and of all before.
    """
    pruning = {"keep_rates": (1, 0.4, 0.19, 0.1), "dropped": {"kind": dropped}}
    kept_by: dict[int | None, bool] = {}
    for cut in cuts_of(oracle(pruning=pruning, **changes), truth_of(keypoints, visible)):
        asking = range(17) if cut.group is None else OWN[cut.group]
        wanted = {cell_of(keypoints[k]) for k in asking if visible[k]}
        slots = cut.grid_index.shape[1] - (dropped == "fused")
        kept_by[cut.group] = kept_by.get(cut.group, kept_by.get(None, True)) and len(wanted) <= slots
        event(f"promise at layer {cut.layer}: {kept_by[cut.group]}")
        if kept_by[cut.group]:
            assert wanted <= places(cut)[0]


@given(keypoints=points, visible=labels)
def test_a_token_that_holds_a_keypoint_comes_before_all_that_do_not_and_the_nearest_of_these_next(
    keypoints: Points, visible: list[bool]
) -> None:
    (order,) = oracle_scores(truth_of(keypoints, visible)).argsort(descending=True, stable=True).tolist()
    seen = [keypoint for keypoint, is_visible in zip(keypoints, visible, strict=True) if is_visible]
    if not seen:
        return
    holding = {cell_of(point) for point in seen}
    assert set(order[: len(holding)]) == holding
    distances = [min(pixels_to(cell, point) for point in seen) for cell in order[len(holding) :]]
    for nearer, farther in pairwise(distances):
        assert nearer <= farther + 0.02  # ties within a hair go by the distance of centres


def oracle_scores(truth: Truth, *, asking: tuple[int, ...] = tuple(range(17)), fused: bool = False) -> Tensor:
    index = torch.tensor([[*range(48), *([-1] if fused else [])]])
    x = torch.zeros(1, index.shape[1], 4)
    tokens = ImageTokens(x, x, index)
    grid, cell = Size(8, 6), Size(CELL, CELL)
    return Oracle().scores(Candidates(tokens, torch.zeros(1, 1, 1, 1), asking, truth, grid, cell, training=False))


def test_a_keypoint_on_a_border_belongs_to_the_cell_on_the_right_and_below() -> None:
    """The other cells on that border come after one that holds a keypoint in its far corner."""
    keypoints = [(8.0, 4.0), (32.0, 32.0)]
    truth = Truth(torch.tensor([keypoints]), torch.ones(1, 2, dtype=torch.bool))
    best = oracle_scores(truth, asking=(0, 1)).topk(2).indices
    assert set(best[0].tolist()) == {1, 4 * COLUMNS + 4}


def test_cells_may_be_of_any_shape() -> None:
    """Cells 12 pixels high and 20 wide, four in a row: x comes first in labels, the height first in sizes."""
    x = torch.zeros(1, 12, 4)
    truth = Truth(torch.tensor([[[45.0, 13.0]]]), torch.ones(1, 1, dtype=torch.bool))
    tokens = ImageTokens(x, x, torch.arange(12)[None])
    asked = Candidates(tokens, torch.zeros(1, 1, 1, 13), (0,), truth, Size(3, 4), Size(12, 20), training=False)
    assert Oracle().scores(asked).argmax().item() == 1 * 4 + 2


@given(keypoints=points, visible=labels)
def test_a_fused_token_has_no_place_and_comes_last(keypoints: Points, visible: list[bool]) -> None:
    scores = oracle_scores(truth_of(keypoints, visible), fused=True)[0]
    assert scores[-1] < scores[:-1].min()


@settings(max_examples=25)
@given(keypoints=points, visible=labels, elsewhere=st.sampled_from([float("nan"), -1e4, 0.0, 20.0, 1e4]))
def test_invisible_keypoints_are_nothing_to_it(keypoints: Points, visible: list[bool], elsewhere: float) -> None:
    model = oracle()
    moved = [point if seen else (elsewhere, elsewhere) for point, seen in zip(keypoints, visible, strict=True)]
    before, after = (cuts_of(model, truth_of(these, visible)) for these in (keypoints, moved))
    assert [cut.grid_index.tolist() for cut in before] == [cut.grid_index.tolist() for cut in after]


@given(keypoints=points, visible=labels, group=st.sampled_from(range(3)), elsewhere=points)
@settings(max_examples=25)
def test_a_group_looks_at_its_own_keypoints_only(
    keypoints: Points, visible: list[bool], group: int, elsewhere: Points
) -> None:
    """Nothing is cut before the split, so that no choice of all keypoints comes first."""
    model = oracle(pruning={"keep_rates": (1, 1, 0.3, 0.1)})
    moved = [keypoints[k] if k in OWN[group] else elsewhere[k] for k in range(17)]
    before, after = (
        [cut.grid_index.tolist() for cut in cuts_of(model, truth_of(these, visible)) if cut.group == group]
        for these in (keypoints, moved)
    )
    assert len(before) == 2
    assert before == after


def test_every_image_has_its_own_truth() -> None:
    corners = torch.tensor([[4.0, 4.0], [44.0, 60.0]])[:, None].expand(2, 17, 2)
    for cut in cuts_of(oracle(), Truth(corners, torch.ones(2, 17, dtype=torch.bool))):
        first, second = places(cut)
        assert (0 in first, 47 in second) == (True, True)
        assert cut.grid_index[:, 0].tolist() == [0, 47]


def test_where_no_keypoint_is_visible_the_counts_stay_as_planned() -> None:
    cuts = cuts_of(oracle(), truth_of([(0.0, 0.0)] * 17, [False] * 17))
    assert [len(places(cut)[0]) for cut in cuts] == [33, 14, 14, 14, 4, 4, 4]


def test_evaluation_without_truth_says_what_to_give() -> None:
    with pytest.raises(InputError) as refused:
        oracle()(pictures())
    message = str(refused.value)
    assert "pruning.score oracle" in message
    assert "give them: model(images, truth)" in message
    assert "\n" not in message


@pytest.mark.parametrize("with_truth", [True, False])
def test_in_training_it_ranks_as_the_paper_does_whatever_the_truth(with_truth: bool) -> None:
    truth = truth_of([(24.0, 32.0)] * 17, [True] * 17) if with_truth else None
    found, paper = oracle().train()(pictures(1), truth), small_gtpt().train()(pictures(1))
    for logits, expected in ((found.pruned, paper.pruned), (found.full, paper.full)):
        assert torch.equal(logits.x, expected.x)
        assert torch.equal(logits.y, expected.y)


def test_only_the_oracle_is_told_the_truth() -> None:
    assert small_config(pruning={"score": {"kind": "oracle"}}).pruning.score.needs_truth
    with torch.no_grad():
        model, truth = small_gtpt(), truth_of([(24.0, 32.0)] * 17, [True] * 17)
        assert torch.equal(model(pictures(1), truth).x, model(pictures(1)).x)
