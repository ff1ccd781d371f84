"""The description of the interface: valid OpenAPI 3.1, complete, and readable by everybody."""

import re

from openapi_spec_validator import OpenAPIV31SpecValidator
from web_support import Web


def test_the_document_is_valid_openapi_3_1(web: Web) -> None:
    document = web.browser().get("/api/openapi.json").json

    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_the_document_lists_every_route_and_method(web: Web) -> None:
    document = web.browser().get("/api/openapi.json").json
    described = {
        (method, re.sub("{.+?}", "<>", path)) for path, methods in document["paths"].items() for method in methods if method != "parameters"
    }

    routes = {
        (method.lower(), re.sub("<.+?>", "<>", rule.rule))
        for rule in web.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/")
    }

    assert described == routes


def test_every_body_that_is_read_is_described(web: Web) -> None:
    document = web.browser().get("/api/openapi.json").json
    without = {"/claim", "/unclaim", "/retry", "/read", "/confirm", "/decline", "/fetch", "/apply", "/hurry", "/take-ours", "/push-again"}

    for path, methods in document["paths"].items():
        if "post" in methods and not any(path.endswith(end) for end in without):
            assert methods["post"]["requestBody"]["content"], path


def test_the_page_is_served_from_our_own_files(web: Web) -> None:
    page = web.browser().get("/api/")

    assert page.status_code == 200
    assert "/api/v1/user-tasks/{task_id}/complete" in page.text
    assert "http://" not in re.sub(r'xmlns="[^"]*"', "", page.text) and "https://" not in page.text
