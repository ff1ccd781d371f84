"""What an e-cology is set to."""

from dataclasses import dataclass

from api.simulators.settings import setting


@dataclass(frozen=True, slots=True)
class Config:
    """A request carries nothing that proves who sends it: the real one lets in known addresses and registered systems."""

    store: str
    syscode: str = setting("shenpi", "the registered source system")
    url_prefix: str = setting("", "stands before links that are relative")
    done_needs_row: bool = setting(True, "done or over for a row that is not there is an error")
    per_second: int = setting(0, "calls a second per path; 0: any number")
    per_minute: int = setting(0, "calls a minute per path; 0: any number")
