"""The organisation: what drawings may ask it, its posts and its authority matrix, and how it is imported."""
