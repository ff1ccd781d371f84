"""What a company of WeCom is set to, and what its documents leave open."""

from dataclasses import dataclass

from api.simulators.settings import setting


@dataclass(frozen=True, slots=True)
class Config:
    """Presses and events go to `callback_url`."""

    store: str
    corp_id: str = setting("wwsimulator", "the company's id")
    corp_secret: str = setting("simulated-corp-secret", "the app's secret", secret=True)
    agent_id: int = setting(1000002, "the app's number")
    callback_url: str = setting("", "where presses and events go; empty: nowhere")
    callback_token: str = setting("simtoken", "signs callbacks", secret=True)
    callback_key: str = setting("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "encrypts callbacks: 43 characters", secret=True)
    callback_owner: str = setting("", "the id at the end of a callback's text; empty: the company's")
    callback_retry: float = setting(5.0, "seconds after which a callback that was not taken comes again, twice")
    trusted_domain: str = setting("", "the host, with its port, that a sign-in may go back to; empty: any")
    token_seconds: int = setting(7200, "how long an access token lasts")
    reuse_task_id: bool = setting(
        False, "a second card with the same task_id is sent; the vendor says ids must differ, and not what happens"
    )
    member_per_minute: int = setting(30, "messages a minute to one person; what is more is dropped, and the answer says success")
    per_second: int = setting(0, "calls a second per API; 0: any number")
    per_minute: int = setting(10_000, "calls a minute per API")
