"""What holds of every keypoint set, the package's and a user's own."""

from __future__ import annotations

import pytest

from gtpt_bench.keypoints import COCO, KEYPOINT_SETS, MPII, WHOLEBODY, KeypointSet, OwnKeypoints
from tests.keypoints.own_sets import MOUSE, SPIDER

OWN = [OwnKeypoints.model_validate(content).keypoint_set for content in (MOUSE, SPIDER)]
SETS = {keypoints.name: keypoints for keypoints in (*KEYPOINT_SETS.values(), *OWN)}


@pytest.fixture(params=SETS)
def keypoints(request: pytest.FixtureRequest) -> KeypointSet:
    return SETS[request.param]


def test_there_is_one_of_everything_for_each_keypoint(keypoints: KeypointSet) -> None:
    assert len(set(keypoints.names)) == len(keypoints.names) == len(keypoints) == len(keypoints.sigmas)
    assert min(keypoints.sigmas) > 0
    covered = [keypoint for part in keypoints.parts.values() for keypoint in part]
    assert covered == list(range(len(keypoints)))
    ends = {end for line in keypoints.skeleton for end in line}
    assert ends | keypoints.upper_body <= set(range(len(keypoints)))


def test_a_mirror_image_mirrored_is_the_image(keypoints: KeypointSet) -> None:
    mirror = keypoints.mirror
    assert [mirror[partner] for partner in mirror] == list(range(len(keypoints)))


def test_names_of_mirror_partners_differ_in_their_side(keypoints: KeypointSet) -> None:
    """Keypoints of the face have numbers for names, so they tell nothing."""
    for left, right in keypoints.flip_pairs:
        if not keypoints.names[left].startswith("face"):
            assert keypoints.names[left].startswith("left_")
            assert keypoints.names[right] == keypoints.names[left].replace("left", "right")


def test_left_mirrored_is_right_and_the_middle_stays(keypoints: KeypointSet) -> None:
    sides, mirror = keypoints.left_right, keypoints.mirror
    assert {mirror[keypoint] for keypoint in sides["left"]} == set(sides["right"])
    assert all(mirror[keypoint] == keypoint for keypoint in sides["middle"])


def test_dense_parts_are_apart_and_the_rest_is_sparse(keypoints: KeypointSet) -> None:
    assert len(set(keypoints.dense)) == len(keypoints.dense)
    assert list(keypoints.sparse) == sorted(set(range(len(keypoints))) - set(keypoints.dense))


def test_dense_parts_hang_on_sparse_keypoints(keypoints: KeypointSet) -> None:
    assert {part.anchor for part in keypoints.dense_parts} <= set(keypoints.sparse)


def test_groups_part_all_keypoints_the_sparse_ones_first(keypoints: KeypointSet) -> None:
    order = (*keypoints.sparse, *keypoints.dense)
    for groups in (*keypoints.groups.values(), keypoints.left_right):
        assert sorted(k for group in groups.values() for k in group) == list(range(len(keypoints)))
        assert all(groups.values())
        assert all(list(group) == sorted(group, key=order.index) for group in groups.values())


def test_a_keypoint_is_found_by_index_or_name(keypoints: KeypointSet) -> None:
    for place, name in enumerate(keypoints.names):
        assert keypoints.place_of(place) == keypoints.place_of(name) == place


def test_an_unknown_keypoint_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(ValueError, match=r"'left_wirst'; did you mean 'left_wrist'\? known: nose, .*, right_ankle$"):
        COCO.place_of("left_wirst")
    with pytest.raises(ValueError, match=r"no keypoint 17; they count from 0 to 16$"):
        COCO.place_of(17)
    with pytest.raises(ValueError, match=r"no keypoint -1"):
        COCO.place_of(-1)


def test_groups_of_limbs_are_mirror_images() -> None:
    for keypoints in KEYPOINT_SETS.values():
        limbs = keypoints.groups["per_limb"]
        for name, limb in limbs.items():
            partner = name.replace("left", "right") if "left" in name else name.replace("right", "left")
            assert {keypoints.mirror[keypoint] for keypoint in limb} == set(limbs[partner])


def test_whole_bodies_add_their_parts_to_coco() -> None:
    for name, groups in COCO.groups.items():
        whole = WHOLEBODY.groups[name]
        assert {label: tuple(k for k in group if k < len(COCO)) for label, group in whole.items()} == groups
    assert WHOLEBODY.sparse == tuple(range(len(COCO)))
    assert {part.name: (len(part.keypoints), COCO.names[part.anchor]) for part in WHOLEBODY.dense_parts} == {
        "face": (68, "nose"),
        "left hand": (21, "left_wrist"),
        "right hand": (21, "right_wrist"),
        "left foot": (3, "left_ankle"),
        "right foot": (3, "right_ankle"),
    }
    upper = WHOLEBODY.groups["paper"]["upper limbs"]
    assert upper == (*range(5, 11), *range(91, 133))


def test_the_left_of_a_face_is_where_the_left_eye_is() -> None:
    """In the 68-point convention 42 to 47 is the person's left eye, 54 the left corner of the mouth, 16 at the ear."""
    left = {keypoint - 23 for keypoint in WHOLEBODY.left_right["left"] if 23 <= keypoint < 91}
    assert {*range(42, 48), 54, 16, *range(22, 27), 55, 56, 64, 65} <= left


def test_mpii_keeps_its_order_and_borrows_sigmas_of_the_same_joints() -> None:
    assert (MPII.names[0], MPII.names[6], MPII.names[9], MPII.names[15]) == (
        "right_ankle",
        "pelvis",
        "head_top",
        "left_wrist",
    )
    pairs = {frozenset(pair) for pair in MPII.flip_pairs}
    assert pairs == {frozenset(pair) for pair in ((0, 5), (1, 4), (2, 3), (10, 15), (11, 14), (12, 13))}
    shared = set(MPII.names) & set(COCO.names)
    assert len(shared) == 12
    assert all(MPII.sigmas[MPII.place_of(name)] == COCO.sigmas[COCO.place_of(name)] for name in shared)
