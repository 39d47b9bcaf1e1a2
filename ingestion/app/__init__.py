"""The app as a source: users, consents, sessions."""
