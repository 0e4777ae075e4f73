"""What the fork server imports before it forks: all that the processes of a site import, and nothing that starts."""

import importlib
import os
import warnings

from bot.training import QUIET

os.environ.update(QUIET, LOG_LEVEL="WARNING")
warnings.simplefilter("ignore")
for module in ("bot.__main__", "bot.commands.run", "bot.channels.server", "actions.__main__", "bot.worker"):
    importlib.import_module(module)
