"""HTML pages that work without script."""
