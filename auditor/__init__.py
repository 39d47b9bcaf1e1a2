"""An audit that trusts no one: it sees published tables alone, and shares no code with what made them."""
