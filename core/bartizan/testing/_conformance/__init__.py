"""The conformance kit: what every plugin must hold to, as classes of tests that an author subclasses."""

from bartizan.testing._conformance.authorizers import AuthorizerConformance
from bartizan.testing._conformance.observers import ObserverConformance
from bartizan.testing._conformance.text_plugins import TextPluginConformance
from bartizan.testing._conformance.training import TrainingPluginConformance

__all__ = ["AuthorizerConformance", "ObserverConformance", "TextPluginConformance", "TrainingPluginConformance"]
