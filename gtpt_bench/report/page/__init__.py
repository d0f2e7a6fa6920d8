"""A study's report as one HTML file that works from disk, offline: Python collects and packs, assets/ show."""
