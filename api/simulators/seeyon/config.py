"""What a Seeyon is set to, and what its documents leave open."""

from dataclasses import dataclass

from api.simulators.settings import setting


@dataclass(frozen=True, slots=True)
class Config:
    """A REST user signs in; a registered third-party system owns the to-dos."""

    store: str
    user: str = setting("rest", "the REST user")
    password: str = setting("simulated-password", "the REST user's password", secret=True)
    register_code: str = setting("3001", "the code of the registered system")
    bound: bool = setting(True, "people are bound by their userId from the beginning")
    token_seconds: int = setting(900, "how long a token lasts that is not used")
    token_status: int = setting(401, "the HTTP status of a token that is not valid")
    per_second: int = setting(0, "calls a second per path; 0: any number")
    per_minute: int = setting(0, "calls a minute per path; 0: any number")
