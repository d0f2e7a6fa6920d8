"""Colours that go together, and a few ways of mixing and picking them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from gtpt_bench.data.drawn.paint.canvas import Colour

T = TypeVar("T")


def pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    """One of the choices, all equally likely."""
    return choices[int(rng.integers(len(choices)))]


def weighted(rng: np.random.Generator, weights: Mapping[T, float]) -> T:
    """One of the keys, likely in proportion to its weight."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return list(weights)[-1]


def chance(rng: np.random.Generator, probability: float) -> bool:
    return bool(rng.random() < probability)


def between(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * float(rng.random())


def mix(a: Colour, b: Colour, share_of_b: float) -> Colour:
    """A colour on the straight line from a to b."""
    t = share_of_b
    return round(a[0] + (b[0] - a[0]) * t), round(a[1] + (b[1] - a[1]) * t), round(a[2] + (b[2] - a[2]) * t)


def darker(colour: Colour, share: float = 0.25) -> Colour:
    """Towards a deep blue-violet: livelier than towards black."""
    return mix(colour, (38, 24, 58), share)


def lighter(colour: Colour, share: float = 0.25) -> Colour:
    """Towards a warm white."""
    return mix(colour, (255, 250, 240), share)


def luma(colour: Colour) -> float:
    """Perceived brightness, 0-255."""
    return 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]


def _hex(text: str) -> tuple[Colour, ...]:
    codes = (int(code, 16) for code in text.split())
    return tuple((code >> 16, code >> 8 & 255, code & 255) for code in codes)


SKINS = _hex("fbdfcb f6cfb2 efbf9c e5ac84 d9986d c58558 a96c43 8a5535 6e4129 54311f")
HAIRS: Mapping[Colour, float] = dict(
    zip(
        _hex("241c22 3a2620 553524 7a4a2a a8652f d59b4a e8c77b c4572b 9a958f e9e6e0 4a5fa5 d0628f"),
        (5, 5, 4, 3, 2, 2, 1.5, 1.5, 1.2, 1.2, 0.4, 0.4),
        strict=True,
    )
)
CLOTHES = _hex(
    "e4572e f2a541 f3c969 f7e7ce 8fb339 4c956c 2c6e63 1f7a8c 5fa8d3 2f5d9b 34344e 5b4b8a 9d6fb0 e08e9b d1495b "
    "8c2f39 a47148 d9c5a0 f4f1ea 9aa5b1 566270 2b2d34 76c1b2 f28482 b5c99a 3d5a80 ffb4a2 6d597a"
)
BOTTOMS = _hex("34435e 2f3e5c 4b5d7a 2b2d34 5b4636 8a6f4d c2a878 6b705c 3f4f45 7d8597 5a3e57 a44a3f 1d5c63 e6dcc8")
SHOES = _hex("f4f1ea 2b2d34 b5483a 7a4b2a 2f5d9b e9b44c 4c956c 8d99ae 3b2f2f e08e9b")
METALS = _hex("e9c46a c8ccd4 8f7a5a")

WHITE: Colour = (252, 250, 245)
INK: Colour = (44, 34, 48)


@dataclass(frozen=True)
class Scheme:
    """Colours of one scene, from far to near."""

    sky_top: Colour
    sky_low: Colour
    far: Colour
    middle: Colour
    ground: Colour
    accent: Colour


def _scheme(text: str) -> Scheme:
    return Scheme(*_hex(text))


OUTDOOR_SCHEMES = (
    _scheme("8ecae6 e8f6f5 a9cfc4 86b98f b9d58a f4a259"),  # clear day
    _scheme("6fb1e0 d6eef8 9dbcd4 79a86b a7c957 e76f51"),  # summer
    _scheme("f6bd9b fdeccf d9a89b b98a86 d8b08c 8d5b74"),  # dawn
    _scheme("5e6ea8 f3b6a2 8c7aa9 70648f a78f9c f7c873"),  # dusk
    _scheme("bfd9ea f7fbfc c5d4e0 a9bfd1 eef3f6 4f7ca8"),  # snow
    _scheme("f5d49b fcf0d6 e0b077 c98f5c e9c893 a8553a"),  # desert
    _scheme("b6d7cf f2f6e4 a3c2a1 d08c4f d9b56c b1462f"),  # autumn
    _scheme("aab7c7 e3e7ea 94a3b1 76888f a9b3a1 d5a253"),  # overcast
    _scheme("b9a7d8 f2e2ee a99bc4 8aa39b b5c99a e58a8a"),  # lilac
    _scheme("27365f 6b6f9e 39446f 2d3a5a 4a5a6e f4d58d"),  # night
    _scheme("7fd1c7 e9f8ef 8dc3b6 5fa68a a4d4a0 f29e6d"),  # mint
)
INDOOR_SCHEMES = (
    _scheme("f3e3cf e8d3b8 d9b38c b98258 c89b6d 4c7a73"),
    _scheme("cfdfe2 bcd1d5 8fb0b5 6f8f94 c9b79c d9775f"),
    _scheme("e9cfc6 ddbcb0 c1908a 8d6a72 a98d7e 3f6c7d"),
    _scheme("d8dec5 c7cfb0 9aa77c 74805c b79f78 c96f4a"),
    _scheme("cbc6df b9b3d2 9288b4 6c648f a99f9a e6b566"),
    _scheme("f6ecd9 eaddc3 cdbb98 a3906b d3b894 d1495b"),
    _scheme("5b6f85 4e6177 3e4d61 2f3a4b 8a7564 f2a65a"),
)
