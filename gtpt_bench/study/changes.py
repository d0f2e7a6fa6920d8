"""KEY=VALUE of the command line, for the configs of models and of how they are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from gtpt_bench.errors import InputError
from gtpt_bench.frozen import Frozen
from gtpt_bench.study.yaml_source import first_problem, parse_value

C = TypeVar("C", bound=Frozen)


def changes_of(texts: Sequence[str], option: str) -> dict[str, Any]:
    """Values by dotted key.

    Args:
        option: of the command line, for errors: `--set`.

    Raises:
        InputError: a text is not KEY=VALUE, or the value cannot be read.
    """
    changes = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise InputError(f"{option} {text}: KEY=VALUE is expected")
        changes[key.strip()] = parse_value(value)
    return changes


def with_changes(config: C, changes: Mapping[str, Any], option: str, *, prefix: str = "") -> C:
    """A changed copy.

    Args:
        prefix: of the keys as the user wrote them, for errors.

    Raises:
        InputError: a key does not exist or a value is not allowed; names the option, key and what would do.
    """
    try:
        return config.changed(changes)
    except ValidationError as error:
        path, reason = first_problem(error, type(config))
        key = f"{prefix}{'.'.join(map(str, path))}: " if path else ""
        raise InputError(f"{option}: {key}{reason}") from error
