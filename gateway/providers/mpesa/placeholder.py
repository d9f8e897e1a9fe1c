"""Transaction ids that stand for "there is none"."""

import re

_PLACEHOLDER = re.compile(r"[A-Z0-9]{0,3}0{7,}", re.ASCII)


def is_placeholder(receipt: str) -> bool:
    """Tell whether a transaction id is one that many callbacks share, such as NLJ0000000 or 0000000000.

    Daraja: "a generic value is passed for certain failure scenarios". It is never a receipt and never a key. A true
    receipt ends with seven signs by chance; all of them 0 comes once in 78 thousand million.
    """
    return _PLACEHOLDER.fullmatch(receipt) is not None
