"""Groups of all keypoints, written down by name or index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gtpt_bench.keypoints.keypoint_set import DensePart, Partition, in_token_order
from gtpt_bench.keypoints.references import Reference, doubled, place_in


def members_of(
    names: Sequence[str], dense_parts: Sequence[DensePart], groups: Mapping[str, Iterable[Reference]]
) -> dict[str, list[int]]:
    """Groups as indices, in the order given; the name of a dense part stands for its keypoints.

    Raises:
        ValueError: a keypoint is unknown; names the nearest.
    """
    parts = {part.name: part.keypoints for part in dense_parts}

    def places(references: Iterable[Reference]) -> Iterator[int]:
        for reference in references:
            yield from parts.get(str(reference), ()) or [place_in(names, reference)]

    return {label: list(places(references)) for label, references in groups.items()}


def partition_of(
    names: Sequence[str], dense_parts: Sequence[DensePart], groups: Mapping[str, Iterable[Reference]]
) -> Partition:
    """Groups as indices, in order of their first keypoints; the name of a dense part stands for its keypoints.

    Raises:
        ValueError: they are no partition; names the keypoint that is missing or doubled, or the empty group.
    """
    members = members_of(names, dense_parts, groups)
    empty = next((label for label, group in members.items() if not group), None)
    if empty is not None:
        raise ValueError(f"group {empty!r} has no keypoints; leave it out")
    twice = doubled(place for group in members.values() for place in group)
    if twice is not None:
        raise ValueError(f"keypoint {names[twice]!r} stands twice; each belongs to exactly one group")
    grouped = {place for group in members.values() for place in group}
    missing = [name for place, name in enumerate(names) if place not in grouped]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise ValueError(f"keypoint {missing[0]!r}{more} stands in no group; each belongs to exactly one")
    ordered = sorted(members.items(), key=lambda item: min(item[1]))
    return {label: in_token_order(group, dense_parts) for label, group in ordered}
