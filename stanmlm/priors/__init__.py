"""A ledger of all parameters, and a prior for each: distributions, presets, and what the user set."""
