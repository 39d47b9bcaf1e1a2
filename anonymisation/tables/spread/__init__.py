"""How wide a class spreads over a quasi-identifier, and what that loses."""
