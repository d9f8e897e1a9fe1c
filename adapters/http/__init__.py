"""The `http` adapter: posts events as JSON, or a callback's own bytes, to one URL; or goes through steps."""

from adapters.http.adapter import HttpAdapter
from adapters.http.batch_adapter import HttpBatchAdapter
from gateway.domain.settings import Destination

__all__ = ["HttpAdapter", "HttpBatchAdapter", "http_adapter"]


def http_adapter(destination: Destination) -> HttpAdapter:
    """Return the adapter of a destination: with `batch`, the one that takes several events at once."""
    return HttpAdapter(destination) if destination.lane.batch is None else HttpBatchAdapter(destination)
