"""Safaricom M-Pesa (Daraja): one module for each kind of callback."""
