"""`python -m copycatch`."""

from copycatch.cli import main

# A worker process of the matching engine imports this file again where the system cannot fork.
if __name__ == "__main__":
    main()
