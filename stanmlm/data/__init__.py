"""From a Formula and a table to a frame and a design, and new data the same way."""
