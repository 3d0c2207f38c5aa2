"""The language of `when`: parsed and type-checked when the policy is loaded, compiled into closures; never `eval`."""

from __future__ import annotations

from bartizan_rbac._expressions._closures import Condition, compiled
from bartizan_rbac._expressions._nodes import ExpressionError, Node
from bartizan_rbac._expressions._parser import parse
from bartizan_rbac._expressions._partial import Possible, possible
from bartizan_rbac._expressions._values import MissingOperand, OperandError

__all__ = ["Condition", "ExpressionError", "MissingOperand", "Node", "OperandError", "Possible", "compiled", "parse", "possible"]
