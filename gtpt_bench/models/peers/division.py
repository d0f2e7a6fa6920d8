"""Can channels be cut in equal parts, such as heads? Torch-free and called when a config is made."""

from __future__ import annotations


def check_division(what: str, channels: int, parts: int, *, of: str) -> None:
    """Refuse a number of parts that does not divide the channels.

    Raises:
        ValueError: in one line, with numbers of parts that would do.
    """
    if channels % parts:
        fitting = [number for number in range(1, channels + 1) if channels % number == 0]
        near = sorted(sorted(fitting, key=lambda number: abs(number - parts))[:4])
        raise ValueError(
            f"{what} {channels} cannot be cut in {parts} {of}: not divisible; {of} that would do: "
            f"{', '.join(map(str, near))}"
        )
