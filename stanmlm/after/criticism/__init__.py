"""How well a model fits, and what it leans on."""
