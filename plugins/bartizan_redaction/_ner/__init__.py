"""Names, organisations and places: a token-classification model of yours, read from a local folder.

    [plugins.redaction.ner]
    model = "models/ner"

Off unless a policy says so: no model ships with Bartizan and none is ever downloaded. What a model says of one word hangs on the
whole sentence, so this judges as a hook, not as a scanner: a stream is held until its end.
"""

from bartizan_redaction._ner._finder import NameFinder, NameScanner
from bartizan_redaction._ner._labels import IGNORE, NER_LABELS

__all__ = ["IGNORE", "NER_LABELS", "NameFinder", "NameScanner"]
