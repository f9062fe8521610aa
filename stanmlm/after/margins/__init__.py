"""Marginal means in emmeans's sense: reference grids, averages, contrasts and trends, and how much effects matter."""
