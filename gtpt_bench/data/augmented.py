"""Random changes of a training crop: half body, scale, rotation, mirror image; drawn in this order.

Each draw comes from a generator of its own, seeded by (seed, epoch, sample), so that it does not matter which
worker or process makes the crop. Source: spec/training_and_evaluation.md §2.4; its quirks 1 to 3 are choices of
`Augmentation`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.crop import CropFrame, frame_of_box
from gtpt_bench.data.people import Floats
from gtpt_bench.keypoints import KeypointSet
from gtpt_bench.models.sizes import Size

HALF_BODY_PADDING = 1.5
LEAST_FOR_HALF = 2
"""A half of the body is taken only with more labelled keypoints than this."""


@dataclass(frozen=True)
class AugmentedFrame:
    """A frame after the draws, and whether the image is mirrored before it is cropped."""

    frame: CropFrame
    mirrored: bool


def augmented(
    frame: CropFrame,
    keypoints_J2: Floats,
    visibility_J: Floats,
    *,
    config: Augmentation,
    keypoints: KeypointSet,
    input_size: Size,
    rng: np.random.Generator,
) -> AugmentedFrame:
    """Draw all changes of one crop. Which numbers are drawn never depends on the person, only what they do."""
    wants_half, prefers_upper = (
        rng.random() < config.half_body_share(keypoints.name),
        rng.standard_normal() < config.upper_half_below,
    )
    scale, turn = rng.standard_normal(2)
    turns, mirrored = rng.random(2) < (config.rotation_probability, config.mirror_probability)
    counted = {"all": range(len(keypoints)), "body": keypoints.parts["body"]}[config.half_body_counts]
    if wants_half and visibility_J[list(counted)].sum() > config.half_body_threshold:
        frame = half_body(frame, keypoints_J2, visibility_J, keypoints, input_size, bool(prefers_upper))
    factor = np.clip(1 + config.scale_factor * scale, 1 - config.scale_factor, 1 + config.scale_factor)
    limit = 2 * config.rotation_factor_deg
    rotation = float(np.clip(config.rotation_factor_deg * turn, -limit, limit)) if turns else 0.0
    zoomed = CropFrame(frame.centre, (frame.scale * factor).astype(np.float32), rotation)
    return AugmentedFrame(zoomed, bool(mirrored))


def half_body(
    frame: CropFrame,
    keypoints_J2: Floats,
    visibility_J: Floats,
    keypoints: KeypointSet,
    input_size: Size,
    prefers_upper: bool,
) -> CropFrame:
    """Frame around the labelled keypoints of one half of the body; unchanged if too few, or all in one place."""
    labelled = np.flatnonzero(visibility_J > 0)
    is_upper = np.asarray([index in keypoints.upper_body for index in labelled], dtype=bool)
    upper, lower = labelled[is_upper], labelled[~is_upper]
    takes_lower = len(lower) > LEAST_FOR_HALF and not (prefers_upper and len(upper) > LEAST_FOR_HALF)
    chosen = lower if takes_lower else upper
    if len(chosen) < LEAST_FOR_HALF:
        return frame
    points = keypoints_J2[chosen]
    low, high = points.min(0), points.max(0)
    if (low == high).all():  # no frame to enlarge: the authors' program would divide by 0
        return frame
    around = frame_of_box(np.asarray([*low, *(high - low)], np.float32), input_size, padding=HALF_BODY_PADDING)
    return CropFrame(points.mean(0).astype(np.float32), around.scale)


def shrunk_labels(keypoints_J2: Floats, visibility_J: Floats, *, image_width: int) -> Floats:
    """Keypoints of an image that will be mirrored, moved so that its coordinates will be multiplied by visibility.

    The mirrored image's origin is the top right pixel. Whole visibilities of 1 move nothing, to the bit.
    """
    corner = np.asarray([image_width - 1, 0], np.float32)
    return np.asarray(keypoints_J2 - (1 - visibility_J[:, None]) * (keypoints_J2 - corner), np.float32)


def exact_labels(keypoints_J2: Floats, visibility_J: Floats, *, image_width: int) -> Floats:
    """Keypoints where they are."""
    return keypoints_J2


MIRRORED_LABELS = {"shrunk": shrunk_labels, "exact": exact_labels}
"""By the name that `Augmentation.mirrored_labels` has."""
