"""Who may do what, and how secrets are kept."""
