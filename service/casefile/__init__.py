"""The case file: a readable document from which persons, cases, facts and follow-ups are imported."""
