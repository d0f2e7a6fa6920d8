"""Drawn people: their proportions, poses, looks, and how each part of them is painted."""
