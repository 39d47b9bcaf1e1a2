"""Whole runs that are killed, filled up and stopped, wherever they are, and must come to what they would have been.

`python -m tests.crash` (`make crash-test`) is the long mode; `tests/end_to_end/test_crash.py` is the short one.
"""
