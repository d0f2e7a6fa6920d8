"""The larger files of an evaluation, read when they are asked for and not held: a report may need 10,000 of them."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic_core import from_json

from gtpt_bench.data.people import read_json
from gtpt_bench.errors import InputError
from gtpt_bench.evaluation.analysis.as_json import errors_from_json
from gtpt_bench.evaluation.analysis.errors import Errors
from gtpt_bench.evaluation.coco import Matches
from gtpt_bench.evaluation.matches_json import matches_from_json
from gtpt_bench.evaluation.resampled import ResampledAp, resampled_ap, resampled_from_json, resampled_to_json
from gtpt_bench.files import write_json
from gtpt_bench.study.store import JobFolder


class Kept(Protocol):
    """What an evaluation has kept beside its record."""

    def matches(self) -> Matches: ...

    def resampled(self) -> ResampledAp: ...

    def errors(self) -> Errors | None:
        """None where the evaluation did not look for them."""


@dataclass(frozen=True)
class KeptFiles:
    """Files of a run's folder.

    Raises:
        DataError: one of them cannot be read, or is not there though it must be.
    """

    job: JobFolder
    signature: str

    def matches(self) -> Matches:
        return matches_from_json(content_of(self.job.matches(self.signature)))

    def resampled(self) -> ResampledAp:
        """Of evaluations by an older version worked out now, and kept."""
        file = self.job.resampled(self.signature)
        known = resampled_from_json(content_of(file)) if file.exists() else None
        if known is not None:
            return known
        ap = resampled_ap(self.matches())
        with contextlib.suppress(InputError):  # somebody else's results, perhaps
            write_json(file, resampled_to_json(ap))
        return ap

    def errors(self) -> Errors | None:
        file = self.job.errors(self.signature)
        return errors_from_json(content_of(file)) if file.exists() else None


def content_of(file: Path) -> Any:
    """Content of a packed JSON file, read twice as fast as Python's own module does.

    Raises:
        DataError: it cannot be read; names the file and the place.
    """
    try:
        return from_json(gzip.decompress(file.read_bytes()))
    except (OSError, EOFError, zlib.error, ValueError):
        return read_json(file)  # and says why not
