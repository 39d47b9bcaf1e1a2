"""What a small demonstration comes to, as digests kept from before: a change of the house changes none of them."""
