"""Expressions that configuration may hold. Pure."""
