"""Arrays, errors, words, random streams and walls around foreign libraries; this room knows no model."""
