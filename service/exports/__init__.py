"""What leaves the house as a document: cases, their timelines, the ledger of demands, each for one tier."""
