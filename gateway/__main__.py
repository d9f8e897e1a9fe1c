"""`python -m gateway`: the same as the command `pesagate`."""

from gateway.cli import main

main(prog_name="pesagate")
