"""The rules in force, as data that people can read."""
