"""`python -m medir`."""

from .cli import main

main()
