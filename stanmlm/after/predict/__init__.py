"""Predictions with draws, for fitted rows and new ones."""
