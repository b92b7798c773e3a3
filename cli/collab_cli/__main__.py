"""``python -m collab_cli`` is ``collab``."""

import sys

from collab_cli.main import main

sys.exit(main())
