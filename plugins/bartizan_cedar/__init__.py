"""Cedar policies for Bartizan: for those who need a policy language. The extra `cedar` brings it.

[plugins.cedar]
policies = "roles.cedar"               # bartizan policy export --cedar > roles.cedar
schema_file = "roles.cedarschema.json" # bartizan policy export --cedar --schema > roles.cedarschema.json
"""

from __future__ import annotations

from bartizan_cedar._config import Config
from bartizan_cedar._plugin import Cedar

__all__ = ["Cedar", "Config"]
