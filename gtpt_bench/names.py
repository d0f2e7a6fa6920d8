"""What a user may call things that become folders, rows and lines: studies, variants, keypoints, groups. Torch-free."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator


def _not_only_dots(name: str) -> str:
    if not name.strip("."):
        raise ValueError("a name needs more than dots")
    return name


def _of_letters(name: str) -> str:
    if not re.fullmatch(NAME_PATTERN, name):
        raise ValueError(f"a name has {NAMES_IN_WORDS}")
    return name


NAME_PATTERN = r"[\w.+-][\w .+-]{0,63}"
NAMES_IN_WORDS = "1 to 64 letters, digits, space . + - _ and no space first"
Name = Annotated[str, AfterValidator(_of_letters), AfterValidator(_not_only_dots)]
