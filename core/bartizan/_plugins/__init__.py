"""Plugins: found by entry point or given as instances, checked in full before a guard takes them."""
