"""Draws under the user's names, the verbs that make them, how a fit prints."""
