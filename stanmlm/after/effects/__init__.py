"""What a predictor does: predictions, comparisons, slopes, hypotheses."""
