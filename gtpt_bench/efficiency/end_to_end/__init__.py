"""Time from an encoded image to final poses, in spans, beside the model's own share of it."""
