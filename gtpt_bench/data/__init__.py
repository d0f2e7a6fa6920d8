"""Data sets in COCO layout, crops of single persons, augmentation, training targets."""
