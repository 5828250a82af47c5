"""Verbs that change records; each takes a session and never commits."""
