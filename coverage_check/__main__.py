"""`python -m coverage_check`: the command line."""

from coverage_check.cli import main

if __name__ == "__main__":
    main()
