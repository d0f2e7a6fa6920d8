"""Records which image tokens survive while a model is evaluated; the pass over mirrored crops is not looked at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from torch import nn

from gtpt_bench.data.crop import Matrix, crop_matrix, frame_of_box, map_points
from gtpt_bench.data.dataset import Crop, PersonCrops
from gtpt_bench.data.people import Person
from gtpt_bench.data.pixel_grid import GRIDS, GridName, PixelGrid
from gtpt_bench.evaluation.kept_tokens.counts import Counts, counted, seen
from gtpt_bench.evaluation.kept_tokens.record import ShownPerson, TokenSurvival
from gtpt_bench.evaluation.kept_tokens.shown import shown_places
from gtpt_bench.evaluation.kept_tokens.watched import survivors, watch_cuts_of
from gtpt_bench.evaluation.poses import Poses
from gtpt_bench.models.blocks.pruning.kept import KeptTokens
from gtpt_bench.models.catalogue import ModelConfig
from gtpt_bench.models.token_stages import TokenStages, token_stages
from gtpt_bench.training.team import Team


class Recorder(ABC):
    """Of one evaluation in one process."""

    @abstractmethod
    def see(self, batch: Crop) -> None:
        """Take note of the crops that the model has just seen."""

    @abstractmethod
    def survival(self, poses: Poses, team: Team) -> TokenSurvival | None:
        """What all processes of a team have seen, the same in each; None of a model that keeps all its tokens.

        Args:
            poses: of all persons, as the data set has them.
        """


class Nothing(Recorder):
    """Of a model that keeps all its image tokens, or has none."""

    def see(self, batch: Crop) -> None:
        """Nothing to see."""

    def survival(self, poses: Poses, team: Team) -> None:
        """Nothing was seen."""


class Counting(Recorder):
    """Of a model that prunes.

    Args:
        kept: what each forward pass leaves, as `watch_cuts_of` fills it.
        labels: who has each person's keypoints.
    """

    def __init__(
        self, stages: TokenStages, kept: Sequence[KeptTokens], crops: PersonCrops, labels: Sequence[Person | None]
    ) -> None:
        self.stages, self.kept, self.crops, self.labels = stages, kept, crops, labels
        self.counts = Counts.nothing(stages)
        self.shown = shown_places(crops.people, labels)
        self.masks: dict[int, NDArray[np.bool_]] = {}

    def see(self, batch: Crop) -> None:
        places = batch.place.tolist()
        masks_BSN = survivors(self.stages, self.kept, len(places)).numpy()
        looked = [seen(self.crops.people[at], self.labels[at], self._crop(at), self.stages) for at in places]
        self.counts += counted(masks_BSN, looked)
        self.masks |= {at: masks_BSN[row] for row, at in enumerate(places) if at in self.shown}

    def survival(self, poses: Poses, team: Team) -> TokenSurvival:
        counts = Counts.nothing(self.stages)
        masks: dict[int, NDArray[np.bool_]] = {}
        for theirs, own_masks in team.gathered((self.counts, self.masks)):
            counts += theirs
            masks |= own_masks
        return TokenSurvival(
            stages=self.stages,
            keypoints=self.crops.keypoints.names,
            input_size=self.crops.input_size,
            pixel_grid=name_of(self.crops.grid),
            counts=counts,
            persons=tuple(self._person(at, masks[at], poses) for at in self.shown),
        )

    def _crop(self, place: int) -> Matrix:
        size = self.crops.input_size
        return crop_matrix(frame_of_box(self.crops.people[place].box, size), size, self.crops.grid)

    def _person(self, place: int, masks_SN: NDArray[np.bool_], poses: Poses) -> ShownPerson:
        person, pose_J3 = self.crops.people[place], poses.keypoints[place]
        in_crop = map_points(self._crop(place), pose_J3[:, :2])
        x, y, width, height = (float(value) for value in person.box)
        return ShownPerson(
            image_id=person.image_id,
            file_name=person.image.name,
            box=(x, y, width, height),
            masks=masks_SN,
            pose=np.column_stack((in_crop, pose_J3[:, 2])).astype(np.float64),
        )


def name_of(grid: PixelGrid) -> GridName:
    return next(name for name, known in GRIDS.items() if known == grid)


@contextmanager
def recording(
    model: nn.Module, config: ModelConfig, crops: PersonCrops, labels: Callable[[], Sequence[Person | None]]
) -> Iterator[Recorder]:
    """While active, the model is watched.

    Args:
        config: of the model.
        labels: tells who has each person's keypoints; not asked where nothing is pruned.
    """
    stages = token_stages(config)
    if stages is None:
        yield Nothing()
        return
    with watch_cuts_of(model) as kept:
        yield Counting(stages, kept, crops, labels())
