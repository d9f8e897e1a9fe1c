"""Text of others on a terminal: what a payer or a provider wrote must not act there."""


def printable(text: str) -> str:
    r"""Return a text as one line that only shows: line ends, escapes and other controls are written \n, \x1b."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
