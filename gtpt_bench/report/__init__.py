"""From records to tables and plots. Knows nothing of torch; reads files, recomputes every statistic from samples."""
