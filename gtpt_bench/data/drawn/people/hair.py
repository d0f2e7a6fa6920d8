"""Hair styles: where the hairline runs around the head, how thick the hair is, and what hangs down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from gtpt_bench.data.drawn.paint.palette import between, chance, weighted


@dataclass(frozen=True)
class HairStyle:
    """A style, in heights of the head; heights are measured upwards from the head's middle.

    Attributes:
        front: height of the hairline from the person's right temple over the forehead to the left one.
        side: in front of the ears; `ear`: above or over the ears; `nape`: at the back of the neck.
        thick: how far the hair stands off the skull.
        curls: size of the waves of its outline; 0 is smooth.
        fall: how far hair hangs below the head's middle behind the neck; 0 for none.
        fall_width: half its width.
        tied: what is tied at the back or at the sides.
        can_have_beard, fits_hat, wrapped: wrapped is a head scarf rather than hair.
    """

    front: tuple[float, float, float, float, float]
    side: float
    ear: float
    nape: float
    thick: float
    curls: float = 0.0
    fall: float = 0.0
    fall_width: float = 0.42
    tied: str = ""
    can_have_beard: bool = False
    fits_hat: bool = True
    wrapped: bool = False

    @property
    def covers_ears(self) -> bool:
        return self.ear < -0.08


_OPEN = (0.22, 0.31, 0.335, 0.31, 0.22)
_FRINGE = (0.185, 0.215, 0.22, 0.215, 0.185)
_PARTED = (0.17, 0.24, 0.31, 0.335, 0.23)
_CURTAIN = (0.14, 0.235, 0.345, 0.235, 0.14)
_RECEDED = (0.2, 0.37, 0.35, 0.37, 0.2)

HAIR_STYLES: Mapping[str, HairStyle] = MappingProxyType(
    {
        "buzz": HairStyle(_OPEN, 0.02, 0.03, -0.2, 0.02, can_have_beard=True),
        "short": HairStyle(_PARTED, 0.0, 0.02, -0.24, 0.07, can_have_beard=True),
        "quiff": HairStyle(_OPEN, 0.02, 0.03, -0.22, 0.13, can_have_beard=True),
        "receded": HairStyle(_RECEDED, 0.03, 0.02, -0.24, 0.03, can_have_beard=True),
        "curly": HairStyle(_FRINGE, 0.0, 0.0, -0.26, 0.12, curls=0.05, can_have_beard=True),
        "afro": HairStyle(_OPEN, -0.06, -0.1, -0.28, 0.34, curls=0.05, fall=0.3, fall_width=0.6, fits_hat=False),
        "mop": HairStyle(_FRINGE, -0.05, -0.1, -0.32, 0.1, curls=0.02, can_have_beard=True),
        "bald": HairStyle(_OPEN, 0.0, 0.0, 0.0, -1.0, can_have_beard=True),
        "bob": HairStyle(_FRINGE, -0.2, -0.3, -0.4, 0.1, fall=0.42, fall_width=0.46),
        "long": HairStyle(_CURTAIN, -0.16, -0.3, -0.4, 0.08, fall=0.95, fall_width=0.46),
        "wavy": HairStyle(_PARTED, -0.14, -0.3, -0.4, 0.11, curls=0.03, fall=0.8, fall_width=0.52),
        "ponytail": HairStyle(_PARTED, 0.0, 0.02, -0.24, 0.06, tied="ponytail"),
        "bun": HairStyle(_OPEN, 0.01, 0.02, -0.24, 0.055, tied="bun", fits_hat=False),
        "pigtails": HairStyle(_CURTAIN, 0.0, 0.01, -0.26, 0.06, tied="pigtails"),
        "braid": HairStyle(_FRINGE, -0.02, 0.0, -0.26, 0.06, tied="braid"),
        "puffs": HairStyle(_OPEN, 0.0, 0.01, -0.24, 0.05, tied="puffs", fits_hat=False),
        "scarf": HairStyle(_OPEN, -0.5, -0.55, -0.6, 0.06, fall=0.62, fall_width=0.44, fits_hat=False, wrapped=True),
    }
)

_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "buzz": 2, "short": 5, "quiff": 3, "receded": 1.2, "curly": 2.5, "afro": 1.8, "mop": 2, "bald": 1.2, "bob": 3,
        "long": 3.5, "wavy": 2.5, "ponytail": 3, "bun": 2, "pigtails": 1.2, "braid": 1.2, "puffs": 1, "scarf": 1,
    }
)  # fmt: skip


def sample_hair_style(rng: np.random.Generator) -> HairStyle:
    """One of the styles, parted on either side, with its own thickness and length."""
    style = HAIR_STYLES[weighted(rng, _WEIGHTS)]
    front = style.front[::-1] if chance(rng, 0.5) else style.front
    return replace(
        style,
        front=front,
        thick=style.thick * between(rng, (0.8, 1.25)),
        fall=style.fall * between(rng, (0.85, 1.2)),
    )
