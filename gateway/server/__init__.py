"""Intake over HTTP. Tornado lives here and nowhere else."""
