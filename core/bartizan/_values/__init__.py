"""What plugins are given and what they give back: frozen values with data-free reprs."""
