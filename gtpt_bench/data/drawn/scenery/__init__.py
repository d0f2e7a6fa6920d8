"""Where drawn people are: backgrounds, and things that stand about."""
