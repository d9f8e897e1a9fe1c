"""The `export` adapter: accounting files that ERPs and accountants' programs import."""

from adapters.export.adapter import ExportAdapter

__all__ = ["ExportAdapter"]
