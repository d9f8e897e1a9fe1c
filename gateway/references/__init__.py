"""Lists of references: read from where a business keeps them, held in memory, refreshed beside everything else."""
