"""Inference forms of the blocks that models share: folded BatchNorm, channels last, the fastest products."""
