"""Mutated deliveries over every reader: each is records that are all accounted for, or one refusal by name."""
