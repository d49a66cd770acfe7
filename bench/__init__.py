"""Repeatable measurements, each against a floor that is measured or known beside it."""
