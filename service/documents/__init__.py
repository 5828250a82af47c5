"""Files as evidence: what a file really is, what it may be called, and what its hash is."""
