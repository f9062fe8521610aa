"""Fits in files: a zip of JSON and arrays, without pickle."""
