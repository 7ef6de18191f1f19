"""What allauth asks us about second factors."""

from __future__ import annotations

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.models import User

from fallback_console.sign_in_extra import secrets


class FactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        """allauth encrypts for whoever is signed in: a factor is set up by its own person."""
        return secrets.seal(text, context.request.user.pk)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.unseal(encrypted_text)

    def get_totp_label(self, user: User) -> str:
        return user.get_username()
