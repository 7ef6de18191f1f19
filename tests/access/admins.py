"""What tests of changes of admins post, and press."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.urls import reverse

from invocations.models import AdminChange

State = AdminChange.State


def group(name):
    return Group.objects.get(name=name)


def change_page(person, page="change"):
    name = "auth_user_password_change" if page == "password" else f"auth_user_{page}"
    return reverse(f"admin:{name}", args=[person.pk])


def fields(person, **more):
    """What the form of a person posts."""
    return {
        "username": person.username,
        "first_name": "",
        "last_name": "",
        "email": person.email,
        "is_active": "on",
        "groups": [each.pk for each in person.groups.all()],
        **more,
    }


def asked_by(browser, person, **more):
    browser.post(change_page(person), fields(person, **more))
    return AdminChange.objects.get(state=State.OPEN)


def press(browser, what, change):
    return browser.post(f"/confirmations/{change.pk}/{what}/", follow=True)
