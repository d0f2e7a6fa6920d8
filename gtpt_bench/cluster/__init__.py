"""Studies on a SLURM cluster, through submitit: profile, ledger, submission, what runs in a job, faults, doctor."""
