"""Values on the disk: written whole or not at all, read within bounds, running nothing."""
