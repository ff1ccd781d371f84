"""stub"""

from engine.errors import ExecutionFailed


def check(session, told, inputs):  # type: ignore[no-untyped-def]
    raise ExecutionFailed(element=told.element, reason="not ready")
