"""From the text of a formula to a Formula: terms, bars, offsets, each with its place in the text."""
