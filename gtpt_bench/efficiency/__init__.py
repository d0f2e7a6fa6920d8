"""What a model costs: MACs by tracing, latency and throughput by the clock, and on which machine."""
