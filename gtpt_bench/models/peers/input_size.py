"""Does a network's stride divide the input, and are these images what it was made for? Torch-free."""

from __future__ import annotations

from collections.abc import Sequence

from gtpt_bench.errors import InputError
from gtpt_bench.models.sizes import Size


def check_input_size(size: Size, stride: int) -> None:
    """Refuse a size whose maps would not be whole.

    Args:
        stride: of the network's deepest map.

    Raises:
        ValueError: in one line, with lengths that would do.
    """
    check_lengths(size, Size(stride, stride))


def check_lengths(size: Size, units: Size) -> None:
    """The same where height and width must be multiples of different numbers of pixels.

    Raises:
        ValueError: in one line, with lengths that would do.
    """
    for name, length, unit in zip(Size._fields, size, units, strict=True):
        if length < unit or length % unit:
            lower = max(length // unit, 1) * unit
            near = f"{lower} or {lower + unit}" if length > unit else f"{unit}"
            raise ValueError(f"input_size: {name} {length} must be a multiple of {unit}; nearest: {near}")


def check_images(shape: Sequence[int], size: Size) -> None:
    """For networks whose position embedding is made for one size of input.

    Args:
        shape: of a batch of images.

    Raises:
        InputError: the images have another.
    """
    if tuple(shape[1:]) != (3, *size):
        raise InputError(f"the model takes images [B, 3, {size.height}, {size.width}], got {list(shape)}")
