"""Networks that GTPT is compared with, written from spec/baselines.md and spec/hevitpose.md; a family a file."""
