"""Pesagate: M-Pesa payments into the ERP you already have, by configuration alone."""

__version__ = "0.1.0"
