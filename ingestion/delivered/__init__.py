"""What was delivered: files found, proven whole, and read as one relation of records, a format a file."""
