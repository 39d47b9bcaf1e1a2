"""A second opinion on all that is published: plain Python over the delivered files, from the contract's text alone.

Nothing here imports the project, and no database engine computes anything: rows are read one by one, slowly and
plainly, so that a reader can hold each function against its sentence of the contract. Only data tables are shared
(`policy/regions/*.csv`), since they are what both sides are asked to apply.
"""
