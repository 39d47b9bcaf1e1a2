"""Publishing and withdrawing, whatever moment the process is killed at, and checking what is there."""
