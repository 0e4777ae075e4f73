"""What the fork server imports and reads before it forks: all that a site's processes do, and nothing that starts."""

import gc
import importlib
import os
import tempfile
import warnings
from pathlib import Path

from bot.training import QUIET

os.environ.update(QUIET, LOG_LEVEL="WARNING")
warnings.simplefilter("ignore")
for module in ("bot.__main__", "bot.commands.run", "bot.http.app", "actions.__main__", "bot.worker"):
    importlib.import_module(module)

# What is read once in a process, too: the weights of the sentence encoder (2.5 s), the policy and the
# migrations (1 s), the words of the languages and the messages (0.6 s).
from bot.bootstrap import bootstrap  # noqa: E402
from bot.language.pack import language_pack  # noqa: E402
from bot.nlu.embedding import embed  # noqa: E402
from bot.nlu.language import is_another_language  # noqa: E402
from bot.nlu.spelling import Spelling  # noqa: E402
from bot.settings import Settings  # noqa: E402
from bot.wording import say  # noqa: E402

embed(["hello"])
Spelling({})
is_another_language("ein ganzer Satz", lambda word: False)
language_pack()
say("told_with_clauses", explanation="", with_clauses=False, clauses=())
with tempfile.TemporaryDirectory() as folder:
    bootstrap(Settings(home=Path(folder)))
gc.freeze()  # what stays anyway need not be looked through, and copied for it, in every process
gc.set_threshold(20_000)
