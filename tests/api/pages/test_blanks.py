"""A template that prints what its page forgot to give is found in development and does not stop a page in production."""

import logging

import pytest
from flask import Flask, render_template_string
from jinja2 import UndefinedError
from werkzeug.datastructures import MultiDict

from api.pages import blanks


def rendered(template: str, *, development: bool, **given: object) -> str:
    app = Flask("blanks")
    blanks.register(app, development=development)
    with app.app_context():
        return render_template_string(template, **given)


@pytest.mark.parametrize(
    "template", ["{{ forgotten }}", "{{ case.forgotten }}", "{{ 'of ' ~ case.forgotten }}", "{{ case.forgotten|upper }}"]
)
def test_what_a_page_forgot_is_an_error_in_development(template: str) -> None:
    with pytest.raises(UndefinedError, match="forgotten"):
        rendered(template, development=True, case={})


def test_what_a_page_forgot_is_a_line_in_the_log_in_production(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert rendered("<p>{{ case.forgotten }}</p>", development=False, case={}) == "<p></p>"
    assert "forgotten" in caplog.text


@pytest.mark.parametrize("development", [True, False])
def test_what_nobody_has_filled_in_is_a_blank(development: bool, caplog: pytest.LogCaptureFixture) -> None:
    template = "<{{ typed.comment }}{{ unfilled.comment }}{{ 'x' if false }}>"
    assert rendered(template, development=development, typed=MultiDict({"reason": "x"})) == "<>"
    assert not caplog.text
