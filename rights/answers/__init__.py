"""What a person is given: receipts, access packages, and their pages."""
