"""Recoding of any table, as `cmn anonymise` asks for."""
