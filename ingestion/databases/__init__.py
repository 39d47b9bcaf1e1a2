"""The app's own database as a source: what a server holds arrives as the server writes it."""
