"""The main job: the ladder of models for 2000 and 2004, one table, three figures."""

from stanmlm.lecture.redblue.run import RedBlue, redblue

__all__ = ["RedBlue", "redblue"]
