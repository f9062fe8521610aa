"""Why models of a list could not be fitted, in as many words as a warning has room for."""

from collections.abc import Mapping

SHOWN = 5  # names that are told


def failures(of: str, errors: Mapping[str, object], fitted: int) -> str:
    """A warning about models that could not be fitted."""
    return f"{len(errors)} of {len(errors) + fitted} {of} could not be fitted: {'; '.join(reasons(errors))}"


def reasons(errors: Mapping[str, object]) -> list[str]:
    """Names with the first line of each reason, and how many more there are."""
    lines = [f"`{name}`: {str(error).splitlines()[0]}" for name, error in list(errors.items())[:SHOWN]]
    return [*lines, *([f"and {len(errors) - SHOWN} more"] if len(errors) > SHOWN else [])]
