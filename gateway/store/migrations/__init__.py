"""Steps from the tables of one release to those of the next. Imported by `migrate` alone: serving needs no Alembic.

Rules for a step, so that hosts can be brought up to date one after the other:

- *Expand* first: add tables, nullable columns, indices, and fill them. The release before must go on working on the
  result; its SCHEMA_VERSION is then the step's `compatible_from`.
- *Contract* one release later, when nobody needs the old form: `compatible_from` is the step's own number or the
  release before that has stopped using it, and `destroys` says what is gone for good.
- A step is one transaction: it is made whole, or not at all.
"""
