"""Training crops that get over broken images: listed once, and someone else stands in for the people on them.

Who stands in follows from the files alone, so that workers, processes and resumed runs agree, and a batch keeps its
size. Nothing is looked for beforehand: reading all of COCO for it would take as long as an epoch.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch

from gtpt_bench.data.dataset import Crop, PersonCrops, SampleKey
from gtpt_bench.errors import BrokenImage, DataError

logger = logging.getLogger(__name__)


class IntactCrops(PersonCrops):
    """Crops in which the next person of the data set whose image is whole stands in for one on a broken image.

    The stand-in takes the random changes of the sample it stands in for. A broken image is read once and logged once
    a training process, since its loader workers share what they know. Missing files are no broken images and still
    end the run: they mean a wrong folder.

    Raises:
        DataError: (by a sample) no image at all is whole.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._is_broken = torch.zeros(len(self.people), dtype=torch.bool).share_memory_()

    @property
    def broken_images(self) -> list[Path]:
        """Images found broken so far, in the order of the data set."""
        return list(dict.fromkeys(self.people[place].image for place in self._is_broken.nonzero().flatten().tolist()))

    def remember_broken(self, names: Collection[str]) -> None:
        self._is_broken[[person.image.name in names for person in self.people]] = True

    def __getitem__(self, key: SampleKey | int) -> Crop:
        key = SampleKey(0, key) if isinstance(key, int) else key
        for further in range(len(self)):
            place = (key.person + further) % len(self)
            if self._is_broken[place]:
                continue
            try:
                return self.crop(place, key)
            except BrokenImage as error:
                self._list(place, error)
        raise DataError("all images of the training data are broken; look at the first ones in the log")

    def _list(self, place: int, error: BrokenImage) -> None:
        broken = self.people[place].image
        places = [other for other, person in enumerate(self.people) if person.image == broken]
        self._is_broken[places] = True
        logger.warning("%s; %d of %d persons are skipped with it", error, len(places), len(self))
