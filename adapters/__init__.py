"""Adapters: the code that serves one type of destination each. They import the domain and the expressions only."""
