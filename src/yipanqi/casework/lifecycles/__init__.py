"""The lifecycles of this house, one module each: a table and nothing else."""
