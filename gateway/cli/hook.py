"""The path of a hook: the one place of the command line that writes a key into a URL."""

from gateway.domain.settings import Shortcode


def hook_path(shortcode: Shortcode, kind: str) -> str | None:
    """Return the path of the shortcode's hook for that kind, None where no key opens it.

    With several keys (rotation) it is the first: the one to register from now on.
    """
    for key in shortcode.keys:
        if key.kinds is None or kind in key.kinds:
            return f"/hooks/{key.secret.reveal()}/{kind}"
    return None
