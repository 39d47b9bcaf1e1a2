"""The gate: which records may be used, judged at their own time; what is unknown is no consent."""
