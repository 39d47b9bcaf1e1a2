"""The doors: nothing is stored, published or released that breaks an expectation."""
