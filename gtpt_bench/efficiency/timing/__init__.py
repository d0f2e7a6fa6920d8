"""Time by the clock: settings, warm-up, slices, when to stop, statistics of samples, and two models side by side."""
