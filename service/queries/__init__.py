"""Questions put to the records; they only read."""
