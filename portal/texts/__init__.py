"""The portal's words, one table a language."""
