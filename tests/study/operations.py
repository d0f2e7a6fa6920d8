"""Counts what is asked of the file system: the calls that cost a network file system a round trip each."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CALLS = ("stat", "lstat", "scandir", "listdir", "open", "access", "readlink")


@contextmanager
def counted(under: Path) -> Iterator[Counter[str]]:
    """Calls by name, of paths below a folder, while the block runs. Python's own, which is all that this code uses."""
    calls: Counter[str] = Counter()

    def counting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted_call(path: Any = ".", *arguments: Any, **options: Any) -> Any:
            if not isinstance(path, int) and str(os.fspath(path)).startswith(str(under)):
                calls[name] += 1
            return call(path, *arguments, **options)

        return counted_call

    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, counting(name, getattr(os, name)))
        opened = counting("open", io.open)
        patch.setattr(io, "open", opened)
        patch.setattr("builtins.open", opened)
        yield calls
