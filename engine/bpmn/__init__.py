"""BPMN files: read safely, checked with places, normalised, and turned into one neutral model. Knows nothing of the library that executes."""
