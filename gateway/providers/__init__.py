"""Payment providers: each kind of callback is one module, one schema and one row in `KINDS`."""

from collections.abc import Mapping

from gateway.providers.kind import Kind
from gateway.providers.mpesa import c2b_confirmation, c2b_validation, stk

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (stk.KIND, c2b_validation.KIND, c2b_confirmation.KIND)}
"""Every kind of callback that this gateway understands, by the name that stands in the hook's URL."""
