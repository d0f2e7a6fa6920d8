"""How many keypoints keep their token: counted by hand, by the oracle, and by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from gtpt_bench.data.people import Person
from gtpt_bench.evaluation.kept_tokens.counts import BOX_UNITS, Counts
from gtpt_bench.evaluation.kept_tokens.places import BOX_CELLS, BOX_FROM, BOX_TO, NOWHERE, tokens_at
from gtpt_bench.evaluation.kept_tokens.record import TokenSurvival
from gtpt_bench.models.sizes import Size
from gtpt_bench.training.team import Alone
from tests.evaluation.kept_tokens.scenes import crops_for, people, recorded, ruled
from tests.models.small_gtpt import small_gtpt

GRID, CELL = Size(8, 6), Size(8, 8)
LEFT = {0: 48, 1: 33, 2: 14, 3: 4}
OWN = {"head": range(5), "upper limbs": range(5, 11), "lower limbs": range(11, 17)}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[Person]:
    return people(tmp_path_factory.mktemp("people"))


def survival_of(*args: Any, **options: Any) -> TokenSurvival:
    survival, _ = recorded(*args, **options)
    assert survival is not None
    return survival


def first_for_all_last_for_legs(places: Tensor, group: int | None) -> Tensor:
    """The upper tokens, but of the third group the lower ones of those that are left."""
    return places if group == 2 else -places


def left_by_rule(stage: int, group: int) -> set[int]:
    """What that rule leaves, worked out without the model: 48 tokens, 33 first ones, then 14 and 4 of them."""
    whole = list(range(LEFT[1] if stage else 48))
    if stage < 2:
        return set(whole)
    return set(whole[-LEFT[stage] :] if group == 2 else whole[: LEFT[stage]])


def test_what_survives_is_what_the_scores_say(seen: list[Person]) -> None:
    survival = survival_of(ruled(small_gtpt(), first_for_all_last_for_legs), seen)
    for place, (stage, group) in enumerate(survival.stages.token_sets):
        expected = np.isin(np.arange(48), [*left_by_rule(stage, group or 0)]) * len(seen)
        np.testing.assert_array_equal(survival.counts.crop[place], expected)
        assert survival.share_kept(place) == pytest.approx(LEFT[stage] / 48)


def test_surviving_keypoints_are_counted_by_hand(seen: list[Person]) -> None:
    model = ruled(small_gtpt(), first_for_all_last_for_legs)
    survival, crops = survival_of(model, seen), crops_for(model, seen)
    for stage in range(4):
        for group, (name, keypoints) in enumerate(OWN.items()):
            inside = hits = 0
            for place in range(len(seen)):
                crop = crops[place]
                for keypoint in keypoints:
                    x, y = crop.keypoints[keypoint].tolist()
                    if crop.visibility[keypoint] > 0 and 0 <= x < 48 and 0 <= y < 64:
                        inside += 1
                        hits += int(y // 8) * 6 + int(x // 8) in left_by_rule(stage, group)
            assert inside > 5, name
            assert survival.share_survived(survival.stages.set_of(stage, group), keypoints) == hits / inside
    counts = survival.counts
    labelled = sum(int((person.visibility > 0).sum()) for person in seen)
    assert int(counts.inside.sum() + counts.outside.sum()) == labelled
    assert int(counts.outside.sum()) > 0


def test_maps_relative_to_the_person_show_the_token_behind_each_place(seen: list[Person]) -> None:
    """One person, whose box is put into its crop by hand: centred, padded to 1.25 of its longer side."""
    person = seen[0]
    survival = survival_of(ruled(small_gtpt(), first_for_all_last_for_legs), [person])
    w, h = person.box[2:].tolist()
    width = max(w, h * 48 / 64) * 1.25
    scale = 48 / width
    step = (BOX_TO - BOX_FROM) / BOX_CELLS
    token_set = survival.stages.set_of(3, 2)
    seen_map = survival.box_map(token_set)
    for row in range(BOX_CELLS):
        for column in range(BOX_CELLS):
            at_x = (BOX_FROM + (column + 0.5) * step - 0.5) * w * scale + 24
            at_y = (BOX_FROM + (row + 0.5) * step - 0.5) * h * scale + 32
            if not (0 <= at_x < 48 and 0 <= at_y < 64):
                assert np.isnan(seen_map[row, column])
            elif abs(at_x / 8 - round(at_x / 8)) > 1e-3 and abs(at_y / 8 - round(at_y / 8)) > 1e-3:
                assert seen_map[row, column] == (int(at_y // 8) * 6 + int(at_x // 8) in left_by_rule(3, 2))
    labelled = np.flatnonzero(survival.counts.inside)
    relative = (person.keypoints - person.box[:2]) / person.box[2:]
    np.testing.assert_allclose(survival.mean_pose[labelled], relative[labelled], atol=0.6 / BOX_UNITS)


def test_the_oracle_keeps_every_keypoint_as_long_as_there_are_tokens_for_all(seen: list[Person]) -> None:
    """17 keypoints need at most 17 tokens, and a group's own at most 6."""
    rates = (1.0, 17 / 48 + 1e-6, 6 / 48 + 1e-6, 6 / 48 + 1e-6)
    model = small_gtpt(pruning={"score": "oracle", "keep_rates": rates})
    survival = survival_of(model, seen)
    for stage in range(4):
        for group, keypoints in enumerate(OWN.values()):
            assert survival.share_survived(survival.stages.set_of(stage, group), keypoints) == 1.0


def test_random_scores_keep_keypoints_as_often_as_tokens(tmp_path: Path) -> None:
    """Within three standard errors, were keypoints drawn one by one; those of a person are drawn together."""
    many = people(tmp_path, 60, seed=1)
    survival = survival_of(small_gtpt(pruning={"score": "random"}), many, flip_test=False)
    for stage in (1, 2, 3):
        hits = inside = 0
        for group, keypoints in enumerate(OWN.values()):
            places = list(keypoints)
            hits += int(survival.counts.survived[survival.stages.set_of(stage, group), places].sum())
            inside += int(survival.counts.inside[places].sum())
        kept = LEFT[stage] / 48
        assert inside > 400
        assert abs(hits / inside - kept) < 3 * np.sqrt(kept * (1 - kept) / inside)


def test_the_mirrored_pass_is_not_looked_at(seen: list[Person]) -> None:
    model = small_gtpt()
    (plain, plain_poses), (flipped, flipped_poses) = (recorded(model, seen, flip_test=flip) for flip in (False, True))
    assert plain is not None
    assert flipped is not None
    for name, value in vars(plain.counts).items():
        np.testing.assert_array_equal(value, getattr(flipped.counts, name))
    assert not np.allclose(plain_poses.keypoints, flipped_poses.keypoints)


class Pair(Alone):
    """The first of two processes, which hears what the other one has seen."""

    def __init__(self, other: Any) -> None:
        self.other = other

    def gathered(self, value: Any) -> list[Any]:
        return [value, self.other]


def test_two_processes_see_together_what_one_sees_alone(seen: list[Person]) -> None:
    model = small_gtpt()
    whole = survival_of(model, seen)
    halves: list[Any] = []

    class Listening(Alone):
        def gathered(self, value: Any) -> list[Any]:
            halves.append(value)
            return [value]

    for some in (seen[:2], seen[2:]):
        survival_of(model, some, team=Listening())
    counts: Counts = halves[0][0] + halves[1][0]
    for name, value in vars(whole.counts).items():
        np.testing.assert_array_equal(value, getattr(counts, name))
    together = survival_of(model, seen[:2], team=Pair((halves[1][0], {})))
    np.testing.assert_array_equal(together.counts.survived, whole.counts.survived)
    assert len(together.persons) == 2


def test_a_model_that_keeps_everything_records_nothing(seen: list[Person]) -> None:
    assert recorded(small_gtpt(**{"pruning.keep_rates": (1, 1, 1, 1)}), seen)[0] is None


def test_people_without_labels_count_for_maps_alone(seen: list[Person]) -> None:
    survival = survival_of(small_gtpt(), seen, [None] * len(seen))
    assert int(survival.counts.people) == len(seen)
    assert survival.share_survived(0, range(17)) is None
    assert not survival.counts.outside.any()
    assert np.isnan(survival.mean_pose).all()


def test_an_observer_changes_no_prediction(seen: list[Person]) -> None:
    model = small_gtpt()
    _, watched = recorded(model, seen)
    with torch.no_grad():
        _, again = recorded(model, seen)
    np.testing.assert_array_equal(watched.keypoints, again.keypoints)


@given(row=st.integers(0, 7), column=st.integers(0, 5), down=st.floats(0, 0.99), across=st.floats(0, 0.99))
def test_a_token_holds_the_points_from_its_upper_left_edge_on(
    row: int, column: int, down: float, across: float
) -> None:
    point = np.asarray([8 * (column + across), 8 * (row + down)])
    assert tokens_at(point, GRID, CELL) == row * 6 + column


@pytest.mark.parametrize("point", [(-0.01, 5), (48, 5), (5, -0.01), (5, 64), (1e9, 0), (-1e9, 0)])
def test_points_outside_the_crop_have_no_token(point: tuple[float, float]) -> None:
    assert tokens_at(np.asarray(point), GRID, CELL) == NOWHERE
