"""Pages as a browser without scripts sees them: texts, links, and forms to fill in and post."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from django.utils.html import strip_tags

VOID = {"input", "link", "meta", "br", "hr", "img", "source", "col"}


class Form:
    """A form on a page. `form["name"]`: the value of a field, or the list of several values."""

    def __init__(self, attributes):
        self.action, self.method = attributes.get("action", ""), attributes.get("method", "get")
        self.fields = {}
        self.buttons = []

    def __contains__(self, name):
        return name in self.fields

    def __getitem__(self, name):
        values = self.fields[name]
        return values[0] if len(values) == 1 else values

    def __setitem__(self, name, value):
        self.fields[name] = value if isinstance(value, list) else [value]

    def __delitem__(self, name):
        """Unticks a checkbox."""
        del self.fields[name]

    def fill(self, values=(), /, **more):
        for name, value in (dict(values) | more).items():
            self[name] = value
        return self

    def press(self, client, button="review", **headers):
        """Posts the form by the button with this value, which must exist."""
        assert button in self.buttons, f"{button} is not among {self.buttons}"
        return client.post(self.action, {**self.fields, "action": button}, headers=headers)

    def but(self, name):
        """All fields but this one and the CSRF token."""
        return {
            key: value
            for key, value in self.fields.items()
            if key not in {name, "csrfmiddlewaretoken"}
        }


class Page(HTMLParser):
    def __init__(self, answer):
        super().__init__()
        self.html = answer.content.decode()
        self.status = answer.status_code
        self.forms, self.links, self.texts = [], [], {}
        self._form = self._select = self._area = None
        self._open = []
        self.feed(self.html)
        self.close()

    def form(self, what):
        """The form that has this button, or this field."""
        return next(form for form in self.forms if what in form.buttons or what in form)

    def text(self, id):
        """The text of the element with this id."""
        return self.texts[id]

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag not in VOID:
            self._open.append((tag, attributes.get("id")))
            if attributes.get("id"):
                self.texts[attributes["id"]] = ""
        if tag == "form":
            self._form = Form(attributes)
            self.forms.append(self._form)
        if self._form is None or "disabled" in attributes:
            return
        name, value = attributes.get("name"), attributes.get("value") or ""
        if tag == "button":
            self._form.buttons.append(value)
        elif tag == "input" and name:
            if attributes.get("type") not in {"checkbox", "radio"}:
                self._form.fields.setdefault(name, []).append(value)
            elif "checked" in attributes:
                self._form.fields.setdefault(name, []).append(attributes.get("value", "on"))
        elif tag == "textarea":
            self._area = name
            self._form.fields.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and (
            self._select not in self._form.fields or "selected" in attributes
        ):
            self._form.fields[self._select] = [value]

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._area and self._form:
            texts = self._form.fields[self._area]
            texts[-1] = texts[-1].removeprefix("\n")  # as browsers do
            self._area = None
        while tag in [name for name, _id in self._open]:
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data):
        if self._area and self._form:
            self._form.fields[self._area][-1] += data
        for _tag, id in self._open:
            if id:
                self.texts[id] += data


def opened(client, address):
    """The page at this address. Fails unless the status is 200."""
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return Page(answer)


def badges_at(client, link):
    """The badges of the menu's items that lead to `link`; an item without one has the badge ""."""
    groups = client.get("/me/").context["sidebar_navigation"]
    items = [item for group in groups for item in group["items"]]
    return [item.get("badge", "") for item in items if item["link"] == link]


def send_form(client, workflow, query=""):
    """The send page's form."""
    return opened(client, f"/send/{workflow.pk}/{query}").form("review")


def form_of(answer):
    """The form of a send page that was shown again."""
    assert answer.status_code == 200, answer.status_code
    return Page(answer).form("review")


def confirm(client, answer):
    """Presses the button that sends on the review page."""
    return Page(answer).form("send").press(client, "send")


def tokens_in(answer):
    """What the review's boxes "I have checked" post, ticked or not."""
    return re.findall(r'name="acknowledged" value="([^"]+)"', answer.content.decode())


def confirm_anyway(client, answer):
    """Ticks every box on the review page, and presses the button that sends."""
    form = Page(answer).form("send")
    form.fields["acknowledged"] = tokens_in(answer)
    return form.press(client, "send")


def words_of(answer):
    """The visible text of a page, on one line."""
    return " ".join(unescape(strip_tags(answer.content.decode())).split())
