"""What somebody meant who wrote a name that is not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """
    Hint for a name that is not known.

    Parameters
    ----------
    name : str
        As written.
    known : iterable of str
        Names that would be accepted.

    Returns
    -------
    str
        ``did you mean 'x'?``, or the list of what is known.
    """
    candidates = sorted(set(known))
    near = nearest(name, candidates)
    if near:
        return f"did you mean {near!r}?"
    return f"known: {', '.join(candidates)}" if candidates else "none is known"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most like another, empty where none is."""
    folded = {squash(candidate): candidate for candidate in known}
    close = get_close_matches(squash(name), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else ""


def squash(key: str) -> str:
    """Key without case and separators, by which the spellings of one key are equal."""
    return key.replace("_", "").replace("-", "").lower()
