"""What a tenant of Feishu is set to, and what its documents leave open."""

from dataclasses import dataclass

from api.simulators.settings import setting


@dataclass(frozen=True, slots=True)
class Config:
    """Callbacks of buttons go where the approval definition says, with its token and key; events go to `event_url`."""

    store: str
    app_id: str = setting("cli_simulator", "the app's id")
    app_secret: str = setting("simulated-app-secret", "the app's secret", secret=True)
    tenant_key: str = setting("simulated-tenant", "the tenant's key")
    event_url: str = setting("", "where events go; empty: nowhere")
    encrypt_key: str = setting("", "events are encrypted and signed with it; empty: plain", secret=True)
    verification_token: str = setting("simulated-verification", "stands in every event", secret=True)
    redirect_uris: str = setting("", "where a sign-in may go back to, comma separated; empty: anywhere")
    token_seconds: int = setting(7200, "how long a tenant token lasts")
    error_status: int = setting(400, "the HTTP status of refusals; the vendor documents 400, and 200 is seen too")
    busy_status: int = setting(429, "the HTTP status of the rate limit; older APIs say 400")
    per_second: int = setting(50, "calls a second per API")
    per_minute: int = setting(1000, "calls a minute per API")
    same_instance_per_second: int = setting(10, "syncs of one instance in a second before 1390014; 0: any number")
    strict_keys: bool = setting(True, "titles and names of actions must be keys that begin with @i18n@, of 9 characters or more")
    form_chars: int = setting(2048, "characters of a whole form")
    list_items: int = setting(200, "tasks, and copies, of one instance in one call; no documented number was found")
