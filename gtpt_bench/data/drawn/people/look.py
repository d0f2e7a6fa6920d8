"""What a person looks like: skin, hair, clothes and things worn, drawn at random but matched in colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Colour
from gtpt_bench.data.drawn.paint.palette import (
    BOTTOMS,
    CLOTHES,
    HAIRS,
    INK,
    SHOES,
    SKINS,
    WHITE,
    between,
    chance,
    darker,
    lighter,
    luma,
    mix,
    pick,
    weighted,
)
from gtpt_bench.data.drawn.people.face import FaceShape, sample_face
from gtpt_bench.data.drawn.people.hair import HAIR_STYLES, HairStyle, sample_hair_style

PatternKind = Literal["plain", "stripes", "pinstripes", "dots", "checks", "fade", "band", "blocks", "zigzag"]
TopKind = Literal["shirt", "buttoned", "polo", "hoodie", "jacket", "dungarees", "dress", "tank", "jumper", "suit"]
BottomKind = Literal["trousers", "shorts", "skirt", "leggings"]
HatKind = Literal["cap", "beanie", "sun hat", "headband"]
ShoeKind = Literal["sneakers", "shoes", "boots", "sandals"]

_TOPS: dict[TopKind, float] = {
    "shirt": 5, "buttoned": 4, "polo": 2, "hoodie": 2.5, "jacket": 3, "dungarees": 1.5, "dress": 3, "tank": 1.2,
    "jumper": 3, "suit": 1.2,
}  # fmt: skip
_PATTERNS: dict[PatternKind, float] = {
    "plain": 4, "stripes": 3.5, "pinstripes": 1.2, "dots": 2, "checks": 1.8, "fade": 1.5, "band": 1.6, "blocks": 1.4,
    "zigzag": 0.8,
}  # fmt: skip
_HATS: dict[HatKind | None, float] = {None: 7.2, "cap": 1.1, "beanie": 0.8, "sun hat": 0.5, "headband": 0.4}
_LONG_SLEEVES = frozenset({"hoodie", "jacket", "jumper", "suit"})


@dataclass(frozen=True)
class Cloth:
    """A fabric: its pattern and two colours; `size` scales the pattern."""

    pattern: PatternKind
    base: Colour
    second: Colour
    size: float = 1.0


@dataclass(frozen=True)
class Look:
    """Everything painted on a body.

    Attributes:
        sleeve: length of the sleeves; 1 reaches the elbow, 2 the wrist, 0 none.
        hem: length of a skirt or dress; 1 reaches the knee, 2 the ankle.
        leg: length of trousers, likewise.
    """

    skin: Colour
    face: FaceShape
    iris: Colour
    hair: HairStyle
    hair_colour: Colour
    hat: HatKind | None
    hat_colour: Colour
    glasses: Colour | None
    beard: float
    freckles: bool
    top: TopKind
    top_cloth: Cloth
    sleeve: float
    bottom: BottomKind
    bottom_cloth: Cloth
    hem: float
    leg: float
    shoes: ShoeKind
    shoe_colour: Colour
    socks: Colour | None
    backpack: Colour | None
    scarf: Colour | None
    print_colour: Colour | None

    @property
    def lips(self) -> Colour:
        return mix(self.skin, (188, 62, 78), 0.5)

    @property
    def tucked_in(self) -> bool:
        """Whether the top ends at the waist."""
        return self.bottom == "skirt" or self.top in ("tank", "dungarees")

    @property
    def shirt_cloth(self) -> Cloth:
        """What covers the trunk; under dungarees that is a shirt."""
        if self.top == "dungarees":
            return Cloth("stripes" if self.print_colour else "plain", self.top_cloth.second, WHITE)
        return self.top_cloth

    @property
    def skin_line(self) -> Colour:
        """For the drawn lines on skin: nose, fingers, knees."""
        return mix(darker(self.skin, 0.3), (150, 60, 50), 0.25)


def sample_look(rng: np.random.Generator) -> Look:
    """Colours of top and bottom differ clearly, so that limbs stay readable."""
    skin = mix(pick(rng, SKINS), pick(rng, SKINS), 0.25)
    hair_colour = weighted(rng, HAIRS)
    hair = sample_hair_style(rng)
    top = weighted(rng, _TOPS)
    top_cloth = _top_cloth(rng, top)
    bottom: BottomKind = weighted(rng, {"trousers": 5.0, "shorts": 2.4, "skirt": 1.5, "leggings": 1.0})
    plain_legs = top in ("dungarees", "suit")
    if top == "dress":
        bottom = "skirt"
    elif plain_legs:
        bottom = "trousers"
    bottom_cloth = _bottom_cloth(rng, top, top_cloth)
    hat = weighted(rng, _HATS)
    shoes: ShoeKind = weighted(rng, {"sneakers": 5.0, "shoes": 2.0, "boots": 1.8, "sandals": 1.0})
    bearded = hair.can_have_beard and chance(rng, 0.38)
    return Look(
        skin=skin,
        face=sample_face(rng),
        iris=pick(rng, ((92, 60, 36), (70, 44, 30), (52, 34, 26), (74, 112, 150), (88, 122, 86), (120, 92, 52))),
        hair=HAIR_STYLES["scarf"] if hair.wrapped else hair,
        hair_colour=pick(rng, CLOTHES) if hair.wrapped else hair_colour,
        hat=hat if hair.fits_hat else None,
        hat_colour=pick(rng, CLOTHES),
        glasses=pick(rng, (INK, (120, 60, 40), (170, 60, 60), (60, 80, 120))) if chance(rng, 0.16) else None,
        beard=between(rng, (0.35, 1.0)) if bearded else 0.0,
        freckles=luma(skin) > 165 and chance(rng, 0.2),
        top=top,
        top_cloth=top_cloth,
        sleeve=_sleeve(rng, top),
        bottom=bottom,
        bottom_cloth=bottom_cloth,
        hem=between(rng, (0.6, 1.05)) if chance(rng, 0.75) else between(rng, (1.2, 1.65)),
        leg={"shorts": between(rng, (0.5, 0.95)), "leggings": 1.85}.get(bottom, between(rng, (1.8, 1.97))),
        shoes=shoes,
        shoe_colour=pick(rng, SHOES),
        socks=pick(rng, (WHITE, *CLOTHES)) if shoes != "sandals" and chance(rng, 0.5) else None,
        backpack=pick(rng, CLOTHES) if chance(rng, 0.14) else None,
        scarf=pick(rng, CLOTHES) if chance(rng, 0.09) and not hair.wrapped else None,
        print_colour=pick(rng, CLOTHES) if chance(rng, 0.45) else None,
    )


def _distinct(rng: np.random.Generator, choices: Sequence[Colour], other: Colour, least: float = 38) -> Colour:
    """A colour that differs from another in brightness; the most different of a few tries."""
    tried = [pick(rng, choices) for _ in range(4)]
    good = [colour for colour in tried if abs(luma(colour) - luma(other)) >= least]
    return good[0] if good else max(tried, key=lambda colour: abs(luma(colour) - luma(other)))


def _top_cloth(rng: np.random.Generator, top: TopKind) -> Cloth:
    base = pick(rng, CLOTHES)
    second = lighter(base, 0.55) if chance(rng, 0.35) else _distinct(rng, CLOTHES, base, 45)
    if top == "suit":
        return Cloth("plain", pick(rng, BOTTOMS[:4]), WHITE)
    if top in ("hoodie", "jacket", "polo") and chance(rng, 0.6):
        return Cloth("plain", base, second)
    return Cloth(weighted(rng, _PATTERNS), base, second, between(rng, (0.75, 1.35)))


def _bottom_cloth(rng: np.random.Generator, top: TopKind, top_cloth: Cloth) -> Cloth:
    if top in ("dress", "suit"):
        return top_cloth
    base = _distinct(rng, BOTTOMS, top_cloth.base)
    kind: PatternKind = weighted(rng, {"plain": 7.0, "pinstripes": 0.8, "checks": 0.7, "dots": 0.4, "fade": 0.8})
    return Cloth(kind, base, lighter(base, 0.35), between(rng, (0.7, 1.1)))


def _sleeve(rng: np.random.Generator, top: TopKind) -> float:
    if top == "tank":
        return 0.0
    if top in _LONG_SLEEVES:
        return between(rng, (1.82, 1.96))
    if top == "dress" and chance(rng, 0.35):
        return 0.0
    return between(rng, (0.5, 0.75)) if chance(rng, 0.6) else between(rng, (1.35, 1.95))
