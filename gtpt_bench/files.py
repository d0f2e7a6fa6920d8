"""Files that are either complete or absent: written beside their place, then renamed; also read back plainly."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gtpt_bench.errors import InputError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; takes its place when the block ends well, and is removed when it does not.

    The rename is atomic within one file system, NFS included, so a reader sees the old file or the new one. The
    name carries host and process, so that several writers do not meet in one half-written file.

    Raises:
        InputError: nothing can be written there (no space, no permission, …).
    """
    beside = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.tmp")
    try:
        if not path.parent.is_dir():  # one question of a network file system, where making it would be two
            path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        _flush(beside)
        beside.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink()
        if isinstance(error, OSError):
            raise InputError(f"cannot write {path}: {error.strerror or error}") from error
        raise


def _flush(path: Path) -> None:
    """To the disk, so that a crash after the rename cannot leave an empty file under the final name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    with replacing(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """Readable JSON; a `.gz` suffix compresses, with no time stamp in it, so that equal content is equal bytes.

    Raises:
        ValueError: the content holds a NaN or infinity, which JSON does not have.
    """
    text = json.dumps(content, indent=None if path.suffix == ".gz" else 1, ensure_ascii=False, allow_nan=False)
    if path.suffix != ".gz":
        return write_text(path, text + "\n")
    with replacing(path) as beside:
        beside.write_bytes(gzip.compress(text.encode(), mtime=0))
    return None


def read_text(path: Path) -> str:
    """Text of a file, unpacked if its name ends in `.gz`; raises OSError or UnicodeDecodeError."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


def read_json_file(path: Path) -> dict[str, Any] | None:
    """A JSON object that may not be there, or not be readable just now."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
