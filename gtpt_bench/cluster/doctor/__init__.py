"""Whether studies can run on a cluster: SLURM's answers and a probe job, judged check by check."""
