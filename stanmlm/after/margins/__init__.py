"""Marginal means in emmeans's sense: reference grids, averages over them, contrasts and trends, all with draws."""
