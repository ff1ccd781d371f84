"""Features: whether a press is told to a gateway (ORIGIN) or opens the product's page (REDIRECT). A task's own wins over its instance's and its template's."""

from typing import Any

from api.simulators.fields import Wrong, choice, mapping, rows, text
from api.simulators.simulator import simulator

NAMES = ("TASK_EXECUTE", "SYNC_BOXSTER", "CUSTOM_SHORTCUT", "AFFILIATION_DIR")
RUN_TYPES = ("ORIGIN", "REDIRECT", "DEFAULT", "OUTBIZ_CUSTOM")


def checked(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the features of a body; the callback of a task's buttons must be one that is registered."""
    features = rows(mapping(body, name, needed=False), "features")
    for each in features:
        choice(each, "name", NAMES)
        choice(each, "runType", RUN_TYPES, needed=False)
        for url in ("pcUrl", "mobileUrl"):
            text(each, url, needed=False, most=1024)
        if each["name"] == "TASK_EXECUTE" and each.get("runType") == "ORIGIN":
            callback, config = mapping(each, "callback"), simulator().config
            if (callback.get("appUuid"), callback.get("apiKey")) != (config.corp_id, config.gateway_key):
                raise Wrong("callback.appUuid or callback.apiKey is not registered")
            choice(callback, "version", ("1",))
    return features


def has_buttons(*nearest_first: list[dict[str, Any]]) -> bool:
    """Say whether the nearest feature that speaks of tasks asks for buttons."""
    run_types = [each.get("runType") for features in nearest_first for each in features if each["name"] == "TASK_EXECUTE"]
    return bool(run_types) and run_types[0] == "ORIGIN"
