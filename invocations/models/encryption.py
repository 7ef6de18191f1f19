"""Encryption at rest. No other module reads the encryption keys or the lookup key.

`EncryptedTextField` stores a text as a Fernet token (AES-128-CBC with HMAC-SHA256,
https://github.com/fyndata/fernet-spec), encrypted with the newest of FIELD_ENCRYPTION_KEYS and
readable with any of them. The token is bound to its table, column and row, so that it cannot be
moved to another row. A token that cannot be decrypted raises `Unreadable` and is never returned in
place of the text.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import FieldError
from django.db import models
from django.db.models.expressions import Combinable

from invocations.kaleyra.log_text import remember_credential

CREDENTIAL_COLUMNS = (
    "invocations_apikey.key:",
    "invocations_callbackaddress.token:",
    "invocations_callbackaddress.secret:",
)
"""Places of credentials. Logs leave out those that this process has encrypted or decrypted."""


class Unreadable(Exception):
    """No key in FIELD_ENCRYPTION_KEYS decrypts the token, or it was moved from another row."""


class ValuesRemoved(Unreadable):
    """There is nothing to decrypt: its time was over, or its person was erased (`privacy`)."""


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _keys() -> tuple[str, ...]:
    return tuple(settings.FIELD_ENCRYPTION_KEYS)


def encrypt(text: str, place: str) -> str:
    """The token of `text`, bound to `place` (`EncryptedTextField.place`)."""
    if place.startswith(CREDENTIAL_COLUMNS):
        remember_credential(text)
    return encrypt_bytes(text.encode("utf-8"), place)


def encrypt_bytes(content: bytes, place: str) -> str:
    return _fernet(_keys()).encrypt(place.encode() + b"\0" + content).decode("ascii")


def decrypt(token: str, place: str) -> str:
    """The text of `token`. Raises `Unreadable`, also if the token is bound to another place."""
    text = decrypt_bytes(token, place).decode("utf-8")
    if place.startswith(CREDENTIAL_COLUMNS):
        remember_credential(text)
    return text


def decrypt_bytes(token: str, place: str) -> bytes:
    """As `decrypt`, for what `encrypt_bytes` encrypted."""
    try:
        bound_to, _, content = _fernet(_keys()).decrypt(token.encode("ascii")).partition(b"\0")
    except (InvalidToken, UnicodeEncodeError, ValueError):
        raise Unreadable(f"No key opens what is stored at {place}.") from None
    if not hmac.compare_digest(bound_to, place.encode()):
        raise Unreadable(f"What is stored at {place} belongs to another row.")
    return content


def rotated(token: str) -> str | None:
    """The same content at the same place, encrypted with the newest key.

    None if the newest key alone opens the token already. Raises `Unreadable`.
    """
    if is_of_newest_key(token):
        return None
    try:
        return _fernet(_keys()).rotate(token.encode("ascii")).decode("ascii")
    except (InvalidToken, UnicodeEncodeError, ValueError):
        raise Unreadable("No key opens this token.") from None


def is_of_newest_key(token: str) -> bool:
    """Whether the newest key alone opens the token.

    By its signature, without decrypting it: a tenth of the time, for each of millions of tokens.
    """
    try:
        data = urlsafe_b64decode(token.encode("ascii"))
    except ValueError:  # also for what is no ASCII
        return False
    signing_key = urlsafe_b64decode(_keys()[0])[:16]
    return hmac.compare_digest(hmac.digest(signing_key, data[:-32], "sha256"), data[-32:])


def fingerprints() -> list[str]:
    """What tells the encryption keys apart in the database, newest first. It reveals none."""
    return [_hmac(key, "fingerprint", "") for key in _keys()]


# --- digests --------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _digest_key(key: str, purpose: str) -> hmac.HMAC:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return hmac.new(derived.derive(key.encode()), digestmod=hashlib.sha256)


def _hmac(key: str, purpose: str, text: str) -> str:
    keyed = _digest_key(key, purpose).copy()
    keyed.update(text.encode("utf-8"))
    return keyed.hexdigest()


def digests(text: str, purpose: str) -> list[str]:
    """The keyed digests (HMAC-SHA256, hex) of `text`: first that of the lookup key.

    Store the first and search for all: the others, one for each encryption key, are what versions
    before the lookup key stored. Digests of different purposes differ.
    """
    return [_hmac(key, purpose, text) for key in (settings.LOOKUP_KEY, *_keys())]


def digest_of(text: str, purpose: str) -> str:
    """The first of `digests`, the one to store."""
    return _hmac(settings.LOOKUP_KEY, purpose, text)


def is_digest_of(digest: str, text: str, purpose: str) -> bool:
    """Whether `digest` is one of `digests`."""
    known = (_hmac(key, purpose, text) for key in (settings.LOOKUP_KEY, *_keys()))
    return any(hmac.compare_digest(each, digest) for each in known)


def running_digest(purpose: str) -> hmac.HMAC:
    """As `digest_of`, for content that comes in pieces."""
    return running_digests(purpose)[0]


def running_digests(purpose: str) -> list[hmac.HMAC]:
    """As `digests`, for content that comes in pieces."""
    return [_digest_key(key, purpose).copy() for key in (settings.LOOKUP_KEY, *_keys())]


def lookup_fingerprint() -> str:
    """Tells whether the lookup key is the one that the stored digests were made with."""
    return _hmac(settings.LOOKUP_KEY, "fingerprint", "")


@dataclass
class Sealed:
    """A token as it is stored. It is decrypted on first access only."""

    token: str
    _decrypted: tuple[str, Any] | None = field(default=None, repr=False, compare=False)
    """The place and the content."""

    def content(self, place: str, opened: Callable[[str, str], Any]) -> Any:
        """What `opened` makes of the token at `place`."""
        if self._decrypted is None or self._decrypted[0] != place:
            self._decrypted = place, opened(self.token, place)
        return self._decrypted[1]


class _SealedAttribute:
    """Decrypts on access, so that a row with an unreadable token can still be listed and saved."""

    def __init__(self, field: EncryptedTextField) -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        if self.field.attname not in instance.__dict__:
            instance.refresh_from_db(fields=[self.field.attname])
        value = instance.__dict__[self.field.attname]
        if not isinstance(value, Sealed):
            return value
        return value.content(self.field.place(instance), self.field.opened)

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]
    """A text that is stored as an encrypted token.

    `bound_to` is the field that identifies the row; it must be set before the first save. The field
    can be saved, read, and filtered by `isnull`. Other lookups raise `FieldError`, because each
    token of a text is different; so does `QuerySet.update` with a plain text, because the token
    depends on the row (see `seal`).
    """

    def __init__(self, *args: Any, bound_to: str = "pk", **kwargs: Any) -> None:
        self.bound_to = bound_to
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "bound_to": self.bound_to}

    def contribute_to_class(
        self, cls: type[models.Model], name: str, private_only: bool = False
    ) -> None:
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _SealedAttribute(self))

    def place(self, instance: models.Model) -> str:
        """What a token is bound to: table, column and row."""
        return self._place_in(instance, getattr(instance, self.bound_to))

    def _place_in(self, model: models.Model | type[models.Model], row: Any) -> str:
        if row is None:
            raise FieldError(f"{self.name} cannot be encrypted before {self.bound_to} is set.")
        return f"{model._meta.db_table}.{self.column}:{row}"

    def opened(self, token: str, place: str) -> Any:
        """The content of a token that is stored at `place`. Raises `Unreadable`."""
        return decrypt(token, place)

    def content_for(self, stored: Any, row: Any) -> Any:
        """What is `stored` on an instance, if it was encrypted for `row`. Raises `Unreadable`."""
        return stored.content(self._place_in(self.model, row), self.opened)

    def seal(self, instance: models.Model, content: Any) -> Sealed:
        """`content`, encrypted for the row of `instance`. `QuerySet.update` accepts it."""
        return Sealed(encrypt(str(content), self.place(instance)))

    def seal_for(self, row: Any, content: str) -> Sealed:
        """As `seal`, for the row of this model whose `bound_to` is `row`; without an instance."""
        return Sealed(encrypt(content, self._place_in(self.model, row)))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Sealed | None:
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        # The instance keeps this token, so that saving it again writes the same token.
        sealed = self.seal(model_instance, value)
        model_instance.__dict__[self.attname] = sealed
        return sealed

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, Sealed):
            return value.token
        raise FieldError(
            f"{self.name} is encrypted for one row: set it on an instance and save that."
        )

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is encrypted: it cannot be searched by {lookup_name}.")
        return super().get_lookup(lookup_name)

    def value_to_string(self, obj: models.Model) -> str:
        raise FieldError(f"{self.name} is never written out (dumpdata, serializers).")


class EncryptedBytesField(EncryptedTextField):
    """As `EncryptedTextField`, for bytes: what is compressed grows less than as text."""

    _pyi_private_set_type: bytes | Combinable  # type: ignore[assignment]  # for django-stubs
    _pyi_private_get_type: bytes  # type: ignore[assignment]

    def opened(self, token: str, place: str) -> bytes:
        return decrypt_bytes(token, place)

    def seal(self, instance: models.Model, content: Any) -> Sealed:
        return Sealed(encrypt_bytes(content, self.place(instance)))
