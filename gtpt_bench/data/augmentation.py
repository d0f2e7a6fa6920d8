"""How strongly training crops are changed; plans read it, so it is cheap to import. The changes: augmented.py.

Source: spec/training_and_evaluation.md §2.4.
"""

from __future__ import annotations

from pydantic import Field

from gtpt_bench.frozen import Frozen


class Augmentation(Frozen):
    """Strength of each random change; the defaults are the paper's."""

    half_body_probability: float = Field(0.3, ge=0, le=1)
    half_body_threshold: float = Field(8, ge=0)
    """Half body only for persons with more labelled keypoints than this."""
    scale_factor: float = Field(0.35, ge=0, lt=1)
    """Standard deviation, and limit, of the relative change of scale."""
    rotation_factor_deg: float = Field(45, ge=0, le=180)
    """Standard deviation of the rotation; its limit is twice that."""
    rotation_probability: float = Field(0.6, ge=0, le=1)
    mirror_probability: float = Field(0.5, ge=0, le=1)
