"""What exists, said once: sources, marts and their columns, in English and Dutch."""
