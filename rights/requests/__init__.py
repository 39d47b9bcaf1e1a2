"""Requests: how they come in, what the register keeps of them, and when each must be answered."""
