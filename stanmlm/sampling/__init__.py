"""From a model to raw draws: the program, its data, starts, and the engines that run it."""
