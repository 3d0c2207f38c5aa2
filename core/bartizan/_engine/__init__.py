"""The engine: runs what plugins offer, merges what they find, acts on it once, the same on every path."""
