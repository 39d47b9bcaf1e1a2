"""The marts file: built out of sight, checked at the door out, swapped in by one rename."""
