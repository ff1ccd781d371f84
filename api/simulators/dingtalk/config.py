"""What an organisation of DingTalk is set to, and what its documents leave open."""

from dataclasses import dataclass

from api.simulators.settings import setting


@dataclass(frozen=True, slots=True)
class Config:
    """Presses of buttons go to `gateway_url` (a registered data source with its key), events over a Stream connection while one is
    open, and else to `event_url`."""

    store: str
    app_key: str = setting("dingsimappkey", "the app's key")
    app_secret: str = setting("simulated-app-secret", "the app's secret", secret=True)
    corp_id: str = setting("dingsimcorp", "the organisation's id")
    gateway_url: str = setting("", "where the gateway tells of pressed buttons; empty: nowhere")
    gateway_key: str = setting("simulated-api-key", "the apiKey of the gateway's data source", secret=True)
    gateway_custom_data: bool = setting(False, "the gateway gives customData back; the vendor's list of fields does not name it")
    event_url: str = setting("", "where events go; empty: nowhere")
    event_token: str = setting("simtoken", "signs events", secret=True)
    event_key: str = setting("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "encrypts events: 43 characters", secret=True)
    event_owner: str = setting("", "the id at the end of an event's text; empty: the app's key. The vendor's pages disagree")
    event_retry: float = setting(16.0, "seconds after which an event that was not taken comes again, twice; the vendor promises nothing")
    stream_seconds: float = setting(5.0, "how long an event over Stream waits for its acknowledgement before it is one that comes again")
    redirect_uris: str = setting("", "where a sign-in may go back to, comma separated; empty: anywhere")
    token_seconds: int = setting(7200, "how long an access token lasts")
    token_status: int = setting(400, "the HTTP status of a token that is not valid; 401 is seen too")
    todo_shape: str = setting("alternate", "how to-dos are listed: result (the SDK), taskPage (the pages), alternate")
    end_closes_tasks: bool = setting(False, "ending an instance also closes its open tasks; the vendor does not say")
    refuse_ended: bool = setting(False, "ending what has ended is an error; the vendor does not say")
    per_second: int = setting(20, "calls a second per API")
    per_minute: int = setting(0, "calls a minute per API; 0: any number")
