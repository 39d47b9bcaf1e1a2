"""A synthetic app with every consent story and every kind of dirt."""
