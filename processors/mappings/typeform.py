"""Typeform's responses, as exported and as its webhooks send them.

By "Retrieve responses" of the Responses API, "JSON response explanation", and "Example payload" of the Webhooks API.
Typeform knows nobody by an id: the usual way is the answer to a question for an e-mail address, or the hidden field
`email`; `external` is the hidden field `user_id`, which the form's link can carry.
"""

from collections.abc import Iterator
from typing import Any

from processors.mapping import Event, Row, Source, dated, first, needed, objects, part, track

_RATED = {"nps": "NPS Submitted", "opinion_scale": "Survey Answered", "rating": "Rating Given"}


def _read(response: Row) -> Iterator[Event]:
    # A webhook wraps the response, and says what it is.
    response = part(response, "form_response") or response
    token, at = needed(response, "token", "response_id"), dated(response, "submitted_at")
    form = first(response, "form_id")
    rated = [answer for answer in objects(response, "answers") if str(first(answer, "field.type")) in _RATED]
    if not rated:
        yield track("Survey Submitted", f"typeform:{token}", at, "survey", form_id=form)
    questions = {str(question.get("id")): question for question in objects(response, "definition.fields")}
    for answer in rated:
        type_, field = first(answer, "field.type"), needed(answer, "field.id")
        scored = _score(type_, first(answer, "number"), questions.get(field, {}))
        yield track(_RATED[type_], f"typeform:{token}:{field}", at, "survey", form_id=form, **scored)


def _score(type_: str, number: Any, question: Row) -> dict[str, Any]:
    """The number with its scale. A webhook says how many steps there were; without them a number says nothing."""
    steps = first(question, "properties.steps")
    if type_ == "nps":
        return {"score": number}
    if not isinstance(steps, int):
        return {}
    if type_ == "rating" or first(question, "properties.start_at_one") is True:
        return {"rating": number, "scale": steps}
    return {"score": number, "scale": steps - 1}


def _email(response: Row) -> Any:
    response = part(response, "form_response") or response
    answers = [answer.get("email") for answer in objects(response, "answers") if answer.get("type") == "email"]
    return next(iter(answers), None) or first(response, "hidden.email")


SOURCES = [
    Source(
        "typeform-responses",
        ("Responses API: Retrieve responses", "Webhooks API: Example payload"),
        ("token", "submitted_at", "form_id", "hidden", "answers", "definition"),
        {"email": _email, "external": lambda row: first(row, "form_response.hidden.user_id", "hidden.user_id")},
        _read,
    )
]
