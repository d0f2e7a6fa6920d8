"""From the bytes of an image and boxes in it to final poses: what evaluation does, for one image at a time.

Every step is the function that evaluation uses, so what is timed is what is scored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch

from gtpt_bench.data.crop import crop_matrix, frame_of_box, warp
from gtpt_bench.data.dataset import normalised
from gtpt_bench.data.images import decode_image
from gtpt_bench.data.people import Person
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.duplicates import suppressed
from gtpt_bench.evaluation.poses import Poses, rescored
from gtpt_bench.evaluation.predict import mirror_output, poses_in_image
from gtpt_bench.evaluation.protocol import Protocol
from gtpt_bench.evaluation.readers import reader_of
from gtpt_bench.models import ModelConfig

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
        model: normalised images `[B, 3, H, W]`, float32 on the device, to its raw output; in evaluation mode.
        config: of the model.

    Raises:
        InputError: the model looks at true keypoints, which an image that comes in does not have.
    """

    def __init__(
        self,
        model: Callable[..., Any],
        config: ModelConfig,
        protocol: Protocol,
        *,
        device: torch.device,
    ) -> None:
        if config.needs_truth:
            raise InputError(
                "pruning.score: oracle looks at the true keypoints, so there is nothing to time from end to end; "
                "choose another score"
            )
        self.model, self.config, self.protocol, self.device = model, config, protocol, device
        self.keypoints = config.keypoint_set
        self.reader = reader_of(config.reading, config.input_size)

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
        output = self.model(images)
        border("forward")
        if self.protocol.flip_test:
            output = self.reader.averaged(output, self._mirror_output(images))
            border("flip")
        poses = self._decoded(output, picture.people)
        border("decode")
        poses = rescored(poses, keypoint_threshold=self.protocol.keypoint_threshold)
        border("rescore")
        poses = suppressed(poses, self.keypoints.sigmas, self.protocol)
        border("nms")
        return poses

    def _crops(self, image_HW3: np.ndarray, people: Sequence[Person]) -> np.ndarray:
        size = self.config.input_size
        return np.stack([warp(image_HW3, crop_matrix(frame_of_box(one.box, size), size), size) for one in people])

    def _mirror_output(self, images: torch.Tensor) -> Any:
        return mirror_output(
            self.model,
            images,
            (),
            reader=self.reader,
            mirror=self.keypoints.mirror,
            shift=self.protocol.flip_shift,
        )

    def _decoded(self, output: Any, people: Sequence[Person]) -> Poses:
        points, confidence = self.reader.decoded(output)
        return poses_in_image(people, self.config.input_size, points.cpu().numpy(), confidence.cpu().numpy())
