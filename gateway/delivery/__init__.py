"""Delivery: events to destinations, later and elsewhere than intake, at least once and under one id."""
