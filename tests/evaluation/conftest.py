"""Drawn people to score against, made once."""

from __future__ import annotations

from tests.data.conftest import drawn_root

__all__ = ["drawn_root"]
