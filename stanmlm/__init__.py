"""Multilevel models from an lme4 formula, with a full Bayesian posterior from Stan."""
