"""What a user may call things that become folders, rows and lines: studies, variants, keypoints, groups. Torch-free."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _not_only_dots(name: str) -> str:
    if not name.strip("."):
        raise ValueError("a name needs more than dots")
    return name


NAME_PATTERN = r"^[\w.+-][\w .+-]{0,63}$"
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN), AfterValidator(_not_only_dots)]
