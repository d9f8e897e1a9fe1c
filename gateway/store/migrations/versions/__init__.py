"""The steps, one module each. `revision` and `down_revision` are Alembic's; the rest is explained in `steps.py`."""
