"""A make-believe M-Pesa: realistic payments and the callbacks that tell of them. Pure; for `send`, `demo` and tests."""
