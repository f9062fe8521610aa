"""A model as mathematics writes it."""
