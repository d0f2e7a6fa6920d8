"""The 68 face points in space, in the usual iBUG order, with variation and expression.

Head coordinates: left, up, forward, in heights of the head, from the middle between chin and crown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gtpt_bench.data.drawn.paint.geometry import Points, centre_of
from gtpt_bench.data.drawn.paint.palette import between, chance

JAW, LIPS = slice(0, 17), slice(48, 68)
RIGHT_BROW, LEFT_BROW = slice(17, 22), slice(22, 27)
RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)
NOSE_TIP = 30

SKULL_CENTRE = np.array((0.0, 0.07, -0.03))
SKULL_RADII = np.array((0.375, 0.43, 0.43))
EARS_23 = np.array(((0.385, -0.03, -0.03), (-0.385, -0.03, -0.03)))
"""Left and right ear."""

# The person's right half (seen on the image's left); the other half is its mirror image.
_JAW_HALF = np.array(
    (
        (-0.372, 0.02, 0.00),
        (-0.368, -0.07, 0.02),
        (-0.356, -0.16, 0.05),
        (-0.333, -0.25, 0.09),
        (-0.292, -0.33, 0.14),
        (-0.232, -0.40, 0.19),
        (-0.160, -0.455, 0.24),
        (-0.082, -0.487, 0.275),
        (0.0, -0.497, 0.285),
    )
)
_BROW_HALF = np.array(
    ((-0.272, 0.128, 0.27), (-0.228, 0.168, 0.315), (-0.172, 0.184, 0.35), (-0.116, 0.182, 0.37), (-0.066, 0.168, 0.38))
)
_NOSE_POINTS = np.array(
    (
        (0.0, 0.062, 0.385),
        (0.0, 0.005, 0.415),
        (0.0, -0.052, 0.45),
        (0.0, -0.108, 0.48),
        (-0.062, -0.142, 0.395),
        (-0.032, -0.156, 0.42),
        (0.0, -0.163, 0.43),
        (0.032, -0.156, 0.42),
        (0.062, -0.142, 0.395),
    )
)
_EYE_HALF = np.array(
    (
        (-0.232, 0.022, 0.30),
        (-0.190, 0.066, 0.335),
        (-0.135, 0.066, 0.352),
        (-0.088, 0.018, 0.35),
        (-0.135, -0.014, 0.352),
        (-0.190, -0.014, 0.335),
    )
)
_OUTER_LIPS = np.array(
    (
        (-0.125, -0.268, 0.335),
        (-0.082, -0.248, 0.37),
        (-0.034, -0.236, 0.392),
        (0.0, -0.242, 0.397),
        (0.034, -0.236, 0.392),
        (0.082, -0.248, 0.37),
        (0.125, -0.268, 0.335),
        (0.084, -0.302, 0.37),
        (0.04, -0.322, 0.387),
        (0.0, -0.327, 0.39),
        (-0.04, -0.322, 0.387),
        (-0.084, -0.302, 0.37),
    )
)
_INNER_LIPS = np.array(
    (
        (-0.108, -0.268, 0.345),
        (-0.045, -0.262, 0.385),
        (0.0, -0.265, 0.39),
        (0.045, -0.262, 0.385),
        (0.108, -0.268, 0.345),
        (0.045, -0.282, 0.383),
        (0.0, -0.285, 0.387),
        (-0.045, -0.282, 0.383),
    )
)
_LOWER_OUTER, _LOWER_INNER = np.arange(7, 12), np.arange(5, 8)


@dataclass(frozen=True)
class FaceShape:
    """What tells faces apart, and what a face expresses; factors are about 1.

    Attributes:
        smile: corners of the mouth up and out, -0.3 (sulking) to 1.
        open_mouth: 0 closed to 1 shouting.
        brows: raised by this share of the head's height.
    """

    jaw: float
    chin: float
    eye: float
    eye_spacing: float
    nose: float
    mouth: float
    lips: float
    smile: float
    open_mouth: float
    brows: float


def sample_face(rng: np.random.Generator) -> FaceShape:
    """Mostly friendly."""
    return FaceShape(
        jaw=between(rng, (0.86, 1.02)),
        chin=between(rng, (0.94, 1.0)),
        eye=between(rng, (1.08, 1.38)),
        eye_spacing=between(rng, (0.94, 1.06)),
        nose=between(rng, (0.8, 1.15)),
        mouth=between(rng, (0.85, 1.15)),
        lips=between(rng, (0.85, 1.4)),
        smile=between(rng, (0.1, 1.0)) if chance(rng, 0.85) else between(rng, (-0.3, 0.1)),
        open_mouth=between(rng, (0.25, 1.0)) if chance(rng, 0.4) else 0.0,
        brows=between(rng, (-0.01, 0.03)),
    )


def face_points(shape: FaceShape) -> Points:
    """The 68 points in head coordinates, shape [68, 3]."""
    jaw = _JAW_HALF.copy()
    jaw[:, 0] *= np.linspace(1.0, shape.jaw, 9)
    jaw[4:, 1] *= np.linspace(1.0, shape.chin, 5)
    jaw[5:, 1] -= 0.02 * shape.open_mouth
    eye = _scaled(_EYE_HALF, shape.eye)
    eye[:, 0] *= shape.eye_spacing
    brow = _BROW_HALF + np.array((0.0, shape.brows + 0.035 * (shape.eye - 1), 0.0))
    nose = _NOSE_POINTS * np.array((shape.nose, 1.0, 1.0))
    return np.concatenate(
        (
            _both(jaw[:-1], jaw[-1:]),
            np.concatenate((brow, _mirrored(brow)[::-1])),
            nose,
            np.concatenate((eye, _mirrored(eye)[[3, 2, 1, 0, 5, 4]])),
            _lips(shape),
        )
    )


def _lips(shape: FaceShape) -> Points:
    """Outer then inner lips, shape [20, 3]; a smile lifts the corners, an open mouth lowers the lower lip."""
    factors = (shape.mouth, shape.lips, 1.0)
    outer, inner = _scaled(_OUTER_LIPS, factors), _scaled(_INNER_LIPS, factors)
    for lips, lower in ((outer, _LOWER_OUTER), (inner, _LOWER_INNER)):
        sideways = np.abs(lips[:, 0]) / 0.125
        lips[:, 0] *= 1 + 0.18 * max(shape.smile, 0.0)
        lips[:, 1] += (sideways**2 * 0.034 - 0.008) * shape.smile
        lips[:, 2] -= 0.03 * sideways * max(shape.smile, 0.0)
        lips[lower, 1] -= 0.075 * shape.open_mouth * (1 - 0.3 * sideways[lower])
    inner[1:4, 1] += 0.008 * shape.open_mouth
    return np.concatenate((outer, inner))


def _scaled(points_N3: Points, factors: float | tuple[float, float, float]) -> Points:
    """Scaled about the points' own middle."""
    middle = centre_of(points_N3)
    return np.asarray(middle + (points_N3 - middle) * np.asarray(factors), dtype=np.float64)


def _mirrored(points_N3: Points) -> Points:
    return np.asarray(points_N3 * (-1.0, 1.0, 1.0))


def _both(half_N3: Points, middle_13: Points) -> Points:
    return np.concatenate((half_N3, middle_13, _mirrored(half_N3)[::-1]))


def surface_facing(points_N3: Points, view_3: Points) -> Points:
    """Cosine between the head's surface at these points and the viewer, shape [N]; below 0: turned away.

    Args:
        view_3: direction to the viewer in head coordinates, length 1.
    """
    normals = (points_N3 - SKULL_CENTRE * np.array((1.0, 0.0, 1.0))) / SKULL_RADII**2
    normals /= np.sqrt((normals * normals).sum(axis=1, keepdims=True))
    return np.asarray(normals @ view_3, dtype=np.float64)
