"""`python -m recurbench` is the command `recurbench`."""

import sys

from recurbench.command import main

sys.exit(main())
