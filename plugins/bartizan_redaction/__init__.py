"""Personal data and secrets, found in everything that enters or leaves a model.

    [plugins.redaction]
    entities = ["default"]                 # or labels and groups: "EMAIL_ADDRESS", "secrets"
    allow_list = ["*@acme.test"]
    [plugins.redaction.custom.TICKET]
    regex = 'TCK-[0-9]{6}'

`ENTITIES` lists what is built in, each with the public source of its format. Detection is no proof of absence.
"""

from bartizan_redaction._config import Config, Custom
from bartizan_redaction._entities import ENTITIES, GROUPS, Entity
from bartizan_redaction._plugin import Redaction
from bartizan_redaction._scanner import RedactionScanner

__all__ = ["ENTITIES", "GROUPS", "Config", "Custom", "Entity", "Redaction", "RedactionScanner"]
