"""The loader of a split measured as a whole, and as a table for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gtpt_bench.data.augmentation import Augmentation
from gtpt_bench.data.dataset import SPANS, PersonCrops
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.data.reduction import REDUCTIONS
from gtpt_bench.data.samples import MEMORY_BYTES, people_of_split
from gtpt_bench.efficiency.device import cpu_name
from gtpt_bench.efficiency.loader import (
    CropSpeed,
    Targets,
    crop_speeds,
    drawn_keys,
    faster_by,
    mean_decoded_bytes,
    target_speed,
)
from gtpt_bench.efficiency.reduced_crops import ReducedCrops, reduced_crops
from gtpt_bench.efficiency.timing.comparison import Comparison
from gtpt_bench.keypoints import KEYPOINT_SETS
from gtpt_bench.models.sizes import Size
from gtpt_bench.shown import Section, decimal, percent, whole

INPUT_SIZE = Size(256, 192)
"""Of GTPT."""


@dataclass(frozen=True)
class LoaderReport:
    """What was measured.

    Attributes:
        ways: `full`, and `reduced` where asked for.
        mean_decoded_bytes: of an image, decoded in full.
        reduced, comparison: None unless reduced decoding was asked for; time of the reduced over that of the full.
    """

    machine: str
    num_people: int
    num_images: int
    ways: Mapping[str, CropSpeed]
    mean_decoded_bytes: float
    targets: Targets
    reduced: ReducedCrops | None
    comparison: Comparison | None


def loader_report(
    data_root: Path,
    *,
    keypoints: str,
    split: str,
    reduced: bool,
    num_crops: int,
    rounds: int,
    on_round: Callable[[int, int], None] = lambda done, total: None,
) -> LoaderReport:
    """Measure the training crops of a split, with the paper's augmentation and input size.

    Args:
        keypoints: name of the keypoint set, which decides the layout of the data root.
        reduced: decode reduced too.

    Raises:
        DataError: files missing or broken.
    """
    keypoint_set = KEYPOINT_SETS[keypoints]
    people = people_of_split(DataRoot(data_root), split, keypoint_set)

    def crops(largest: int) -> PersonCrops:
        return PersonCrops(
            people,
            input_size=INPUT_SIZE,
            keypoints=keypoint_set,
            augmentation=Augmentation(),
            reduced_decoding=largest,
        )

    ways = {"full": crops(1)} | ({"reduced": crops(max(REDUCTIONS))} if reduced else {})
    keys = drawn_keys(ways["full"], num_crops)
    speeds = dict(zip(ways, crop_speeds([*ways.values()], keys, rounds=rounds, on_round=on_round), strict=True))
    return LoaderReport(
        machine=cpu_name(),
        num_people=len(people),
        num_images=len({person.image for person in people}),
        ways=speeds,
        mean_decoded_bytes=mean_decoded_bytes(ways["full"], keys),
        targets=target_speed(ways["full"], keys),
        reduced=reduced_crops(ways["full"], ways["reduced"], keys) if reduced else None,
        comparison=faster_by(speeds["full"], speeds["reduced"]) if reduced else None,
    )


def section(found: LoaderReport, images_per_s: float | None) -> Section:
    """A row a way, and in notes what the table has no column for."""
    cores = () if images_per_s is None else (f"cores for {images_per_s:,.0f} images/s",)
    rows = [
        (
            name,
            decimal(way.crops_per_s, 3),
            decimal(way.crop_ms, 3),
            *(percent(way.shares[span], 1) for span in SPANS),
            *(() if images_per_s is None else (decimal(way.cores_for(images_per_s), 3),)),
        )
        for name, way in found.ways.items()
    ]
    return Section(
        title=f"Training crops on one core of {found.machine}",
        columns=("decoding", "crops/s and core", "ms a crop", *SPANS, *cores),
        rows=tuple(rows),
        notes=tuple(_notes(found)),
    )


def _notes(found: LoaderReport) -> list[str]:
    targets, fit = found.targets, int(MEMORY_BYTES / found.mean_decoded_bytes)
    lines = [
        f"{whole(found.num_people)} people on {whole(found.num_images)} images, read from the page cache; processor "
        "time of one thread.",
        "Cores that keep a training busy: its images a second ÷ crops a second and core (--images-per-s).",
        f"Targets are made on the training device from coordinates: {targets.make_us:.0f} µs a crop on this core, "
        f"{targets.target_bytes / 1e3:,.0f} kB that are not shipped beside the {targets.crop_bytes / 1e3:,.0f} kB of "
        "a crop.",
        f"A decoded image takes {found.mean_decoded_bytes / 1e6:.2f} MB; a training process remembers "
        f"{whole(fit)} of them ({MEMORY_BYTES // 2**20:,} MiB), and those cost neither reading nor decoding.",
    ]
    return lines + _reduced_notes(found)


def _reduced_notes(found: LoaderReport) -> list[str]:
    if found.reduced is None or found.comparison is None:
        return []
    one, reduced = found.comparison, found.reduced
    numbers = ", ".join(f"1/{number}: {count}" for number, count in reduced.num_by_reduction.items())
    lines = [
        f"Reduced decoding takes {one.ratio:.3f} [{one.low:.3f}, {one.high:.3f}] of the time ({one.verdict}, paired "
        f"over {one.num_rounds} rounds). Crops by fraction of the size: {numbers}."
    ]
    if reduced.mean_difference is not None:
        lines.append(
            f"Pixels of reduced crops differ by {reduced.mean_difference:.1f} levels of 255 on average "
            f"(root mean square {reduced.root_mean_square:.1f})."
        )
    return lines
