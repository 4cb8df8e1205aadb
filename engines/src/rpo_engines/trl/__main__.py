"""Entry of ``python -m rpo_engines.trl``."""

import sys

from rpo_engines.trl.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
