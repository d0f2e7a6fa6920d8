"""What pictures are made of: a canvas, curves and bands, colours and cloth patterns."""
