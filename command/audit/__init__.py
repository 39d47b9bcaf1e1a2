"""`cmn audit`: its arguments, and what it prints."""
