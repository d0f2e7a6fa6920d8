"""Whether compact records can be read at all, before tables are made of them.

A record that is not there is an open place in a table; one that is damaged must not look like that.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from pathlib import Path

from pydantic_core import from_json

from gtpt_bench.errors import InputError
from gtpt_bench.study.keep import KEPT


def check_records(records: Path, studies: Iterable[str]) -> None:
    """Look at every compact record of some studies.

    Args:
        records: folder of all compact records.

    Raises:
        InputError: there is none at all, or one is damaged; names the files.
    """
    files = [path for study in studies for pattern in KEPT for path in sorted((records / study).glob(pattern))]
    if not files:
        raise InputError(
            f"there are no records in {records}; give the folder above records/ (--results), or fill it with "
            "gtpt-study run STUDY and gtpt-study keep STUDY"
        )
    damaged = [path for path in files if not _is_whole(path)]
    if damaged:
        more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        raise InputError(
            f"{damaged[0]}{more} is damaged (no whole JSON object); restore it, or make it again with gtpt-study keep"
        )


def _is_whole(path: Path) -> bool:
    try:
        data = path.read_bytes()
        return isinstance(from_json(gzip.decompress(data) if path.suffix == ".gz" else data), dict)
    except (OSError, EOFError, zlib.error, ValueError):
        return False
