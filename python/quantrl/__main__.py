"""``python -m quantrl`` is the ``quantrl`` command."""

from quantrl.cli.main import main

if __name__ == "__main__":
    main()
