"""Addresses that allauth wants to come back to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """allauth's sign-in page is the console's own."""
    return redirect("admin:login")


def to_second_factor(request: HttpRequest) -> HttpResponse:
    return redirect("mfa_index")
