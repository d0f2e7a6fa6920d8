"""From a study file to finished runs: spec → variants → plan → execution, with everything kept in files."""
