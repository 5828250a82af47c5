"""Records and doors: what Vigil stores, who may see it, and the ways in and out."""
