"""The code that a study's jobs run: a copy made when they are submitted, since weeks may pass until they start.

Editing the package while jobs wait changes nothing for them. Each job compares the code it runs with what it was
submitted with, and refuses to work if it is another.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import gtpt_bench
from gtpt_bench.errors import InputError
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.provenance import COPY_OF, code_version

DIGITS = 12


class CodeCopy(Frozen):
    """A copy of the package.

    Attributes:
        folder: to be put on PYTHONPATH.
    """

    folder: Path
    fingerprint: str


def package_folder() -> Path:
    return Path(gtpt_bench.__file__).resolve().parent


def fingerprint(package: Path) -> str:
    """SHA-256 of all files of a package that decide what it does, their names included."""
    digest = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts and path.name != COPY_OF:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(package).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:DIGITS]


def keep_code(results: Path) -> CodeCopy:
    """A copy of the running package in the results folder; the same code is kept once.

    Raises:
        InputError: nothing can be written there, the copy is not what it should be, or Python could not find it.
    """
    if os.pathsep in str(results.resolve()):
        raise InputError(
            f"{results.resolve()}: jobs find their code by PYTHONPATH, where {os.pathsep} ends a path; "
            "choose another --results"
        )
    package = package_folder()
    found = fingerprint(package)
    folder = (results / ".code" / found).resolve()
    try:
        if not folder.exists():
            _copy(package, folder)
    except OSError as error:
        raise InputError(f"cannot copy the code to {folder}: {error.strerror or error}") from error
    if fingerprint(folder / package.name) != found:
        raise InputError(f"{folder} is not the code it is named after; remove that folder and run again")
    return CodeCopy(folder=folder, fingerprint=found)


def _copy(package: Path, folder: Path) -> None:
    """Whole or not at all: beside its place, then renamed."""
    beside = folder.with_name(f".{folder.name}.{os.uname().nodename}.{os.getpid()}.tmp")
    try:
        shutil.copytree(
            package,
            beside / package.name,
            ignore=shutil.ignore_patterns("__pycache__"),
            ignore_dangling_symlinks=True,  # by which some editors mark files that are being changed
        )
        (beside / package.name / COPY_OF).write_text(json.dumps(code_version()), encoding="utf-8")
        beside.rename(folder)
    except OSError:
        if not folder.exists():  # else somebody has just copied it too
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
