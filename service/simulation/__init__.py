"""What would have been announced when, had the rules been in force: a case file replayed on a copy."""
