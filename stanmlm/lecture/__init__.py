"""Red state, blue state: the lecture's helpers, its data and its figures."""
