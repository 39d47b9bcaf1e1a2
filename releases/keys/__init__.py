"""The key that signs, and its chain of predecessors."""
