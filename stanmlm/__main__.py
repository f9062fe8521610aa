"""`python -m stanmlm` is `stanmlm`."""

import sys

from stanmlm.cli import main

sys.exit(main())
