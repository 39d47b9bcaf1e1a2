"""The rights of those whom data are about: requests, erasure that is proven, access, and what returns never."""
