"""Image files as 8-bit RGB: read, checked for their end, decoded in full or reduced, and the recent ones remembered."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gtpt_bench.errors import BrokenImage, DataError

Image = NDArray[np.uint8]
"""RGB, `[H, W, 3]`."""

# These flags stand for the reduction alone; with the flag of a colour order beside them the image is not grey.
_REDUCED = {
    1: 0,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
_FLAGS = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION

_JPEG, _JPEG_SCAN, _JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
_PNG, _PNG_END = b"\x89PNG", b"IEND"


def read_image(path: Path) -> Image:
    """The image in a file; EXIF orientation is ignored, as the annotations ignore it.

    Raises:
        DataError: the file is missing or cannot be read.
        BrokenImage: it is no image, or ends too early.
    """
    return decode_image(read_content(path), source=str(path))


def read_content(path: Path) -> bytes:
    """All bytes of an image file; raises `DataError` as `read_image` does."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError):
        raise DataError(f"image {path} does not exist") from None
    except OSError as error:
        raise DataError(f"image {path} cannot be read: {error.strerror}") from error


def decode_image(content: bytes, *, source: str, reduction: int = 1) -> Image:
    """What `read_image` gives, from the bytes of the file.

    Args:
        source: what the error message calls the image.
        reduction: 1, 2, 4 or 8. A JPEG is decoded at this fraction of its size, sides rounded up; pixel j then stands
            for the pixels from reduction · j on, reduction many (data/reduction.py).

    Raises:
        BrokenImage: the bytes are no image, or end before it does. (OpenCV 5 refuses such files; OpenCV 4 may fill
            what is missing with grey.) Damage within a JPEG is decoded to something, and not found here.
    """
    if is_cut_off(content):
        raise BrokenImage(f"image {source} is cut off; the file is broken, copy it anew")
    flags = _FLAGS | _REDUCED[reduction]
    image = cv2.imdecode(np.frombuffer(content, np.uint8), flags) if content else None
    if image is None:
        raise BrokenImage(f"image {source} cannot be decoded; the file is broken or not an image")
    return np.asarray(image, dtype=np.uint8)


def is_cut_off(content: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end; False for anything else.

    A JPEG's scans cannot contain the two bytes of its end, so the end comes after the last start of a scan (of a
    thumbnail in the header it comes before that). What follows the end is no one's business.
    """
    if content.startswith(_JPEG):
        end = content.rfind(_JPEG_END)
        return end < len(content) - len(_JPEG_END) and content.rfind(_JPEG_SCAN) > end
    return content.startswith(_PNG) and content.rfind(_PNG_END) < 0


class ImageMemory:
    """Decoded images of one worker, the most recent ones, up to a size in bytes."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.used_bytes = 0
        self.images: OrderedDict[tuple[Path, int], Image] = OrderedDict()

    def known(self, path: Path, reduction: int = 1) -> Image | None:
        """The image if it is remembered as it was decoded, never another reduction of it."""
        key = (path, reduction)
        if key not in self.images:
            return None
        self.images.move_to_end(key)
        return self.images[key]

    def remember(self, image: Image, path: Path, reduction: int = 1) -> None:
        """Keep an image; the ones not asked for the longest give way, and one too large by itself is not kept."""
        if image.nbytes > self.limit_bytes:
            return
        self.images[path, reduction] = image
        self.used_bytes += image.nbytes
        while self.used_bytes > self.limit_bytes:
            _, oldest = self.images.popitem(last=False)
            self.used_bytes -= oldest.nbytes
