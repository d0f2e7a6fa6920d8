"""Pictures from and to files: which image is meant, and where the drawn one goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from gtpt_bench.data.images import Image
from gtpt_bench.data.layout import DataRoot
from gtpt_bench.errors import InputError
from gtpt_bench.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def image_path(image: str, data_root: Path | None, split: str) -> Path:
    """The file that is meant: by its path, or by the image's id in a split of a data root.

    Raises:
        InputError: there is no such file.
    """
    path = Path(image)
    if path.is_file():
        return path
    if not image.isdigit():
        raise InputError(f"image {image} does not exist; give a file, or an image id with --data-root")
    if data_root is None:
        raise InputError(f"image {image} is an id; say with --data-root in which data set")
    folder = DataRoot(data_root).images(split)
    found = next(
        (p for p in (folder / f"{int(image):012d}{suffix}" for suffix in (".jpg", ".png")) if p.is_file()), None
    )
    if found is None:
        raise InputError(f"{folder} has no image {int(image):012d}.jpg; is the split right (--split)?")
    return found


def id_in_name(path: Path) -> int:
    """The id that COCO puts into a file's name.

    Raises:
        InputError: the name is no number.
    """
    if not path.stem.isdigit():
        raise InputError(f"{path.name} does not say which image id of the predictions it is; say it with --image-id")
    return int(path.stem)


def write_png(path: Path, picture_HW3: Image) -> None:
    """Write a picture beside `path` and rename it.

    Raises:
        InputError: the name does not end in .png, or nothing can be written there.
    """
    _check(path)
    done, data = cv2.imencode(".png", cv2.cvtColor(picture_HW3, cv2.COLOR_RGB2BGR))
    assert done, "OpenCV writes PNG"
    with replacing(path) as beside:
        beside.write_bytes(data.tobytes())


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure of matplotlib as `write_png` does, and close it; equal figures are equal bytes."""
    import matplotlib.pyplot as plt

    _check(path)
    with replacing(path) as beside:
        figure.savefig(beside, format="png", metadata={"Software": None})
    plt.close(figure)


def _check(path: Path) -> None:
    if path.suffix != ".png":
        raise InputError(f"{path} is not a .png file, which is what is written")
