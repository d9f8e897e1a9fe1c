"""Payment providers: each kind of callback is one module, one schema and one row in `KINDS`."""

from collections.abc import Mapping

from gateway.providers.kind import Kind
from gateway.providers.mpesa import (
    b2b_express,
    b2b_result,
    b2c_result,
    b2pochi_result,
    balance_result,
    bill_manager,
    c2b_confirmation,
    c2b_validation,
    pull,
    ratiba,
    reversal_result,
    status_result,
    stk,
    tax_result,
    timeout,
)

_MODULES = (
    stk, c2b_validation, c2b_confirmation, b2c_result, b2pochi_result, b2b_result, tax_result, reversal_result,
    status_result, balance_result, timeout, ratiba, b2b_express, bill_manager, pull,
)  # fmt: skip

KINDS: Mapping[str, Kind] = {module.KIND.name: module.KIND for module in _MODULES}
"""Every kind of callback that this gateway understands, by the name that stands in the hook's URL."""
