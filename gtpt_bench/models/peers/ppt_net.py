"""Network of PPT. Config and presets: ppt.py."""

from __future__ import annotations

from gtpt_bench.models.peers.tokenpose_net import TokenPose


class PPT(TokenPose):
    """TokenPose whose config has a schedule of cuts; names of attention have a level less."""
