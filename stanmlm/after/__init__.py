"""Questions to a fit, a folder each; every answer is a function of a Fit."""
