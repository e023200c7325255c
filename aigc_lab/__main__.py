"""python -m aigc_lab: the command line. Ctrl-C ends it without a traceback even in the seconds while it loads."""

import sys


def main() -> None:
    """Load the verbs and do what the command line asks for."""
    try:
        from aigc_lab.cli import app

        app()
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        sys.exit(130)  # as aigc_lab.console.STOPPED, which is not loaded yet


if __name__ == "__main__":
    main()
