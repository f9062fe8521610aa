"""The ggplots that this package makes: their words fit when they are drawn, at whatever size and in whatever theme."""

from typing import Any

import plotnine

from stanmlm.plots.fitting import fit_words


class Sheet(plotnine.ggplot):  # type: ignore[misc]
    """A ggplot whose words stay inside it, also after `+ theme(...)` and `save(width=...)`."""

    theme: Any

    def draw(self, *, show: bool = False) -> Any:
        """As plotnine draws; the theme of the moment is the one that fits the words."""
        self.theme = _fitting(self.theme)
        return super().draw(show=show)


class _Fitting(plotnine.theme):  # type: ignore[misc]
    """A theme that fits the words once it has set their fonts: `apply` is what plotnine lets themes add to."""

    def apply(self) -> None:
        super().apply()
        if self is self.plot.theme:  # legends have copies of it
            fit_words(self)


def _fitting(theme: Any) -> _Fitting:
    """The same theme, and it fits the words."""
    fitted = _Fitting.__new__(_Fitting)
    # What plotnine caches with a theme is bound to the theme that it was asked of.
    fitted.__dict__.update({name: it for name, it in theme.__dict__.items() if name not in dir(type(theme))})
    return fitted
