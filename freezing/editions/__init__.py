"""Editions of the rules: how a week that froze under an older one is told by today's, from its frozen cells alone."""
