"""What a run prints: for people, for programs, and while it goes."""
