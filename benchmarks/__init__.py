"""Speed, memory and detail kept, printed as figures. Run with `make benchmark`."""
