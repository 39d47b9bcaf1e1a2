"""The proof: every byte under a home, searched for every way in which a person could be written down."""
