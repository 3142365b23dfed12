"""`python -m pipelines.cli`: the same as `b24`."""

from pipelines.cli import main

if __name__ == "__main__":
    main()
