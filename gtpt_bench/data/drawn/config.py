"""What identifies a drawn data set; cheap to import, so that plans can hash it."""

from __future__ import annotations

from pydantic import Field

from gtpt_bench.frozen import Frozen

VERSION = 1
"""Raised whenever the pictures, annotations or detections of a given configuration may change."""


class DrawnConfig(Frozen):
    """A drawn people data set; the same configuration gives the same bytes, on any number of workers."""

    seed: int = Field(default=0, ge=0)
    """Seed of every picture, together with its split and index."""
    num_train_images: int = Field(default=3000, ge=1, le=500_000)
    num_val_images: int = Field(default=250, ge=1, le=500_000)
    width: int = Field(default=320, ge=96, le=1024)
    """Image width in pixels; people keep their size relative to the height."""
    height: int = Field(default=240, ge=96, le=1024)
    """Image height in pixels."""
