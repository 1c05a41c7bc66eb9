"""`python -m streams.cli` is `ebbflow`."""

from streams.cli import main

main()
