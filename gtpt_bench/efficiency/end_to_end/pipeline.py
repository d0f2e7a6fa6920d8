"""From the bytes of an image and boxes in it to final poses: what evaluation does, for one image at a time.

Every step is the function that evaluation uses, so what is timed is what is scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch

from gtpt_bench.data.crop import crop_matrix, frame_of_box, warp
from gtpt_bench.data.dataset import normalised
from gtpt_bench.data.images import decode_image
from gtpt_bench.data.people import Person
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.decode import averaged, decoded
from gtpt_bench.evaluation.duplicates import suppressed
from gtpt_bench.evaluation.poses import Poses, rescored
from gtpt_bench.evaluation.predict import mirror_logits, poses_in_image
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.models import ModelConfig
from gtpt_bench.models.blocks.simcc_head import SimccLogits

Span = Literal["decode_image", "crop", "normalise", "forward", "flip", "decode", "rescore", "nms"]
"""In the order of the pipeline. `crop`: affine crops of all boxes. `normalise`: their copy to the device too. `flip`:
the mirrored pass, and the mean of both; absent without a flip test. `decode`: logits to keypoints in the image, which
come back to the processor. `rescore`, `nms`: scores of persons, and who goes as a duplicate."""

SPANS: tuple[Span, ...] = get_args(Span)
MODEL_SPANS: tuple[Span, ...] = ("forward", "flip")


@dataclass(frozen=True)
class EncodedPicture:
    """An image as it comes in.

    Attributes:
        content: bytes of a JPEG or PNG file.
        people: whose boxes are cropped; at least one. Labels, if they have any, are not looked at.
        source: what errors call the image.
    """

    content: bytes
    people: tuple[Person, ...]
    source: str


class PosePipeline:
    """Poses of everyone in a picture; all crops of a picture are one batch.

    Args:
        model: normalised images `[B, 3, H, W]`, float32 on the device, to logits; in evaluation mode.
        config: of the model.

    Raises:
        InputError: the model looks at true keypoints, which an image that comes in does not have.
    """

    def __init__(
        self,
        model: Callable[..., SimccLogits],
        config: ModelConfig,
        protocol: Protocol,
        *,
        device: torch.device,
    ) -> None:
        if config.pruning.score.needs_truth:
            raise InputError(
                f"pruning.score: {config.pruning.score.kind} looks at the true keypoints, so there is nothing to time "
                "from end to end; choose another score"
            )
        self.model, self.config, self.protocol, self.device = model, config, protocol, device
        self.keypoints = config.keypoint_set

    @torch.inference_mode()
    def poses(self, picture: EncodedPicture, *, border: Callable[[Span], None] = lambda span: None) -> Poses:
        """Final poses of a picture.

        Args:
            border: told each span when it is over.

        Raises:
            DataError: the content is no image.
        """
        image = decode_image(picture.content, source=picture.source)
        border("decode_image")
        crops = self._crops(image, picture.people)
        border("crop")
        images = normalised(torch.from_numpy(crops).to(self.device))
        border("normalise")
        logits = self.model(images)
        border("forward")
        if self.protocol.flip_test:
            logits = averaged(logits, self._mirror_logits(images))
            border("flip")
        poses = self._decoded(logits, picture.people)
        border("decode")
        poses = rescored(poses, keypoint_threshold=self.protocol.keypoint_threshold)
        border("rescore")
        poses = suppressed(poses, self.keypoints.sigmas, self.protocol)
        border("nms")
        return poses

    def _crops(self, image_HW3: np.ndarray, people: Sequence[Person]) -> np.ndarray:
        size = self.config.input_size
        return np.stack([warp(image_HW3, crop_matrix(frame_of_box(one.box, size), size), size) for one in people])

    def _mirror_logits(self, images: torch.Tensor) -> SimccLogits:
        shift_bins = (self.config.split_ratio - 1) * self.protocol.flip_shift
        return mirror_logits(self.model, images, (), mirror=self.keypoints.mirror, shift_bins=shift_bins)

    def _decoded(self, logits: SimccLogits, people: Sequence[Person]) -> Poses:
        points, confidence = decoded(logits, split_ratio=self.config.split_ratio)
        return poses_in_image(people, self.config.input_size, points.cpu().numpy(), confidence.cpu().numpy())
