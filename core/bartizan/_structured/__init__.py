"""Flattening and rebuilding of structured values and JSON documents."""
