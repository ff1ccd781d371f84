"""Separation of duties (职责分离): who must not do what, because of what she did already or of what else she does.

Rules are data: `shenpi:notBy` at a user task, and the company's own table. They bind the person, whatever account or office system she acts through, and
whoever acts on her behalf. An exception counts in one case; one person asks for it with a reason, a second approves it, and both stay listed.
"""

from engine.duties.violations import Violation, require, unexcepted, violations

__all__ = ["Violation", "require", "unexcepted", "violations"]
