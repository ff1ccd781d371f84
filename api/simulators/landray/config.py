"""What an EKP is set to, and what is not known for sure."""

from dataclasses import dataclass

from api.simulators.settings import setting


@dataclass(frozen=True, slots=True)
class Config:
    """A SOAP header with user and password is asked for only when a user is set."""

    store: str
    user: str = setting("", "the web service's user in the SOAP header; empty: anybody may call")
    password: str = setting("", "the web service's password", secret=True)
    done_needs_todo: bool = setting(True, "done or deleted for what never was is an error")
    per_second: int = setting(0, "calls a second; 0: any number")
    per_minute: int = setting(0, "calls a minute; 0: any number")
