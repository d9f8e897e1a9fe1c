"""The `http` adapter: posts events as JSON, or a callback's own bytes, to one URL."""

from adapters.http.adapter import HttpAdapter

__all__ = ["HttpAdapter"]
