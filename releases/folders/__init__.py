"""What lies in the folder of a release, sealed and readable by everyone."""
