"""Every message as a file, with invented facts or those of a case on record."""
