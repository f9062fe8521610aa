"""A prior for every parameter: distributions, presets, and what the user set."""
