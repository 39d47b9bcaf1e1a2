"""Great Expectations at both doors: what is about to be stored, and what is about to leave.

A suite is a module of rules (`app_records.py`, `usage_mart.py`, …); `validation.py` has Great Expectations judge them
over DuckDB; `pages.py` shows the counts to the data team; `door_in.py` and `door_out.py` stop the run.
"""
