"""Side marts: a union of whole cells divided along an axis, and the audit of all of them together."""
