"""MACs and parameters to be trusted: one operator trace, every convention a function of it, referees beside it."""
