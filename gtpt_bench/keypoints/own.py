"""Keypoints of a user's own, from YAML: names, mirror pairs, sigmas, dense parts, groups.

    keypoints:
      name: mouse
      names: [nose, left_ear, right_ear, tail_root, tail_tip]
      flip_pairs: [[left_ear, right_ear]]
      sigmas: 0.05
      groups: {paper: {head: [nose, left_ear, right_ear], tail: [tail_root, tail_tip]}}

Keypoints are spoken of by name or by index. Every way of writing one set gives the same config, hence one signature:
references become names, and what has no order of its own is put in order of the keypoints.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)

from gtpt_bench.frozen import Frozen
from gtpt_bench.keypoints.built_in import KEYPOINT_SETS, KeypointsName
from gtpt_bench.keypoints.keypoint_set import DensePart, KeypointSet
from gtpt_bench.keypoints.partition import partition_of
from gtpt_bench.keypoints.references import doubled, name_of, names_in_order, place_in, told_of
from gtpt_bench.names import Name

DEFAULT_SIGMA = 0.05
"""Between the eyes' 0.025 and the hips' 0.107 of COCO."""


def _not_built_in(name: str) -> str:
    if name.lower() in KEYPOINT_SETS:
        raise ValueError(f"{name!r} comes with the package; use another name than {', '.join(KEYPOINT_SETS)}")
    return name


def _int_or_text(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("a keypoint is given by its name or its index")
    return value


Keypoint = Annotated[int | str, BeforeValidator(_int_or_text)]
"""A keypoint by index or name; by name once it is validated."""
Pair = tuple[Keypoint, Keypoint]
Sigma = Annotated[float, Field(gt=0)]
Sigmas = Annotated[
    Annotated[Sigma, Tag("all")] | Annotated[tuple[Sigma, ...], Tag("each")],
    Discriminator(lambda value: "each" if isinstance(value, list | tuple) else "all"),
]
Groups = dict[Name, tuple[Keypoint, ...]]


class OwnPart(Frozen):
    """A part whose keypoints GTPT introduces as dense tokens."""

    keypoints: tuple[Keypoint, ...] = Field(min_length=1)
    anchor: Keypoint
    """The keypoint that the part hangs on; itself in no part."""


class OwnKeypoints(Frozen):
    """A keypoint set that the package does not know."""

    name: Annotated[Name, AfterValidator(_not_built_in)]
    names: tuple[Name, ...] = Field(min_length=1)
    """Of the keypoints, in the order of the annotation files."""
    flip_pairs: tuple[Pair, ...] = ()
    """Keypoints that swap in the mirror, the person's left one first."""
    sigmas: Sigmas = DEFAULT_SIGMA
    """OKS fall-off, one for all keypoints or one for each; see `KeypointSet`."""
    upper_body: tuple[Keypoint, ...] = ()
    """The upper half for the half-body augmentation; the rest is lower."""
    dense_parts: dict[Name, OwnPart] = Field(default_factory=dict)
    groups: dict[Name, Groups] = Field(default_factory=dict)
    """Partitions of all keypoints by name, such as `paper`; a dense part's name stands for its keypoints."""
    skeleton: tuple[Pair, ...] = ()
    """Lines of a drawn pose."""

    @field_validator("names")
    @classmethod
    def _names_differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        twice = doubled(names)
        if twice is not None:
            raise ValueError(f"keypoint {twice!r} stands twice")
        return names

    @field_validator("flip_pairs", "skeleton")
    @classmethod
    def _pairs_are_of_two(cls, pairs: tuple[Pair, ...], info: ValidationInfo) -> tuple[Pair, ...]:
        names = info.data.get("names")
        if names is None:  # they are the first problem
            return pairs
        named = tuple((name_of(names, first), name_of(names, second)) for first, second in pairs)
        single = next((first for first, second in named if first == second), None)
        if single is not None:
            raise ValueError(f"{single!r} is paired with itself; a pair needs two keypoints")
        return named

    @field_validator("flip_pairs")
    @classmethod
    def _one_partner_each(cls, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        twice = doubled(keypoint for pair in pairs for keypoint in pair)
        if twice is not None:
            raise ValueError(f"keypoint {twice!r} is in two pairs; it has one mirror partner at most")
        return pairs

    @field_validator("upper_body")
    @classmethod
    def _upper_body_is_known(cls, keypoints: tuple[Keypoint, ...], info: ValidationInfo) -> tuple[Keypoint, ...]:
        return names_in_order(info.data["names"], keypoints) if "names" in info.data else keypoints

    @field_validator("sigmas")
    @classmethod
    def _as_many_sigmas(cls, sigmas: Sigmas, info: ValidationInfo) -> Sigmas:
        wanted = len(info.data.get("names", ()))
        if isinstance(sigmas, tuple) and wanted and len(sigmas) != wanted:
            raise ValueError(f"{wanted} numbers are needed, one a keypoint, or a single one for all; got {len(sigmas)}")
        return sigmas

    @field_validator("dense_parts")
    @classmethod
    def _parts_are_apart(cls, parts: dict[str, OwnPart], info: ValidationInfo) -> dict[str, OwnPart]:
        names = info.data.get("names")
        if names is None:
            return parts
        named = {label: _named_part(names, label, part) for label, part in parts.items()}
        twice = doubled(keypoint for part in named.values() for keypoint in part.keypoints)
        if twice is not None:
            raise ValueError(f"keypoint {twice!r} is in two parts; it can be in one")
        dense = {keypoint for part in named.values() for keypoint in part.keypoints}
        for label, part in named.items():
            if part.anchor in dense:
                raise ValueError(f"part {label!r}: anchor {part.anchor!r} is in a part itself; use one that is in none")
        return dict(sorted(named.items(), key=lambda item: names.index(item[1].keypoints[0])))

    @field_validator("groups")
    @classmethod
    def _groups_are_partitions(cls, groups: dict[str, Groups], info: ValidationInfo) -> dict[str, Groups]:
        if not {"names", "dense_parts"} <= info.data.keys():
            return groups
        names: tuple[str, ...] = info.data["names"]
        parts = _dense_parts(names, info.data["dense_parts"])
        named: dict[str, Groups] = {}
        for preset in sorted(groups):
            with told_of(preset):
                partition = partition_of(names, parts, groups[preset])
            named[preset] = {label: tuple(names[place] for place in group) for label, group in partition.items()}
        return named

    @property
    def keypoint_set(self) -> KeypointSet:
        """The set as everything else knows one."""
        names, parts = self.names, _dense_parts(self.names, self.dense_parts)
        return KeypointSet(
            name=self.name,
            names=names,
            flip_pairs=_places(names, self.flip_pairs),
            sigmas=self.sigmas if isinstance(self.sigmas, tuple) else (self.sigmas,) * len(names),
            upper_body=frozenset(place_in(names, keypoint) for keypoint in self.upper_body),
            parts=MappingProxyType({"body": range(len(names))}),
            skeleton=_places(names, self.skeleton),
            dense_parts=parts,
            groups=MappingProxyType({name: partition_of(names, parts, groups) for name, groups in self.groups.items()}),
        )


def _named_part(names: Sequence[str], label: str, part: OwnPart) -> OwnPart:
    with told_of(f"part {label!r}"):
        if label in names:
            raise ValueError("a keypoint is called so too; use another name")
        return OwnPart(keypoints=names_in_order(names, part.keypoints), anchor=name_of(names, part.anchor))


def _places(names: Sequence[str], pairs: Sequence[Pair]) -> tuple[tuple[int, int], ...]:
    return tuple((place_in(names, first), place_in(names, second)) for first, second in pairs)


def _dense_parts(names: Sequence[str], parts: Mapping[str, OwnPart]) -> tuple[DensePart, ...]:
    return tuple(
        DensePart(label, tuple(place_in(names, k) for k in part.keypoints), anchor=place_in(names, part.anchor))
        for label, part in parts.items()
    )


def _known_name(value: Any) -> Any:
    if isinstance(value, str) and value in KEYPOINT_SETS:
        return value
    near = difflib.get_close_matches(value, KEYPOINT_SETS, n=1) if isinstance(value, str) else []
    hint = f"did you mean {near[0]!r}? " if near else ""
    own = "a set of your own as a mapping with the keys name, names and so on"
    raise ValueError(f"unknown keypoints; {hint}allowed: {', '.join(KEYPOINT_SETS)}, or {own}")


Keypoints = Annotated[
    Annotated[KeypointsName, BeforeValidator(_known_name), Tag("name")] | Annotated[OwnKeypoints, Tag("own")],
    Discriminator(lambda value: "own" if isinstance(value, Mapping | OwnKeypoints) else "name"),
]
"""The keypoints of a model: a set of the package by name, or a set of the user's own."""


def keypoint_set_of(keypoints: Keypoints) -> KeypointSet:
    return keypoints.keypoint_set if isinstance(keypoints, OwnKeypoints) else KEYPOINT_SETS[keypoints]
