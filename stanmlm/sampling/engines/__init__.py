"""Engines turn a program and its data into draws."""
