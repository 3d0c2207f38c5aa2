"""The policy: read from files, checked in full, and built into an engine."""
