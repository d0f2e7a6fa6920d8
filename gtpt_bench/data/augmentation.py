"""How strongly training crops are changed; plans read it, so it is cheap to import. The changes: augmented.py.

Source: spec/training_and_evaluation.md §2.4.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gtpt_bench.frozen import Frozen


class Augmentation(Frozen):
    """Strength of each random change; the defaults are the paper's."""

    half_body_probability: float | None = Field(None, ge=0, le=1)
    """Unset: 0.3, and 0 for MPII, for which the authors have no half bodies."""
    half_body_threshold: float = Field(8, ge=0)
    """Half body only for persons with more labelled keypoints than this."""
    half_body_counts: Literal["all", "body"] = "all"
    """Which keypoints count for the threshold. `all` counts faces and hands too, so that nearly everyone in WholeBody
    is above it (quirk 2); `body` counts those of the body alone."""
    upper_half_below: float = 0.5
    """The upper half is preferred where a standard normal draw is below this: in 69 % of the cases, as the authors took
    it for a uniform draw (quirk 1). 0 prefers both halves alike."""
    scale_factor: float = Field(0.35, ge=0, lt=1)
    """Standard deviation, and limit, of the relative change of scale."""
    rotation_factor_deg: float = Field(45, ge=0, le=180)
    """Standard deviation of the rotation; its limit is twice that."""
    rotation_probability: float = Field(0.6, ge=0, le=1)
    mirror_probability: float = Field(0.5, ge=0, le=1)
    mirrored_labels: Literal["shrunk", "exact"] = "shrunk"
    """In a mirrored image the authors multiply coordinates by visibility, so that a fractional one (WholeBody) moves
    its keypoint toward the corner (quirk 3); `exact` leaves it in place. The same for whole visibilities."""

    def half_body_share(self, keypoints: str) -> float:
        """Probability of a half body for a keypoint set by name."""
        if self.half_body_probability is not None:
            return self.half_body_probability
        return 0.0 if keypoints == "mpii" else 0.3
