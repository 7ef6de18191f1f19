"""Binds each stored API key to the host and SID that it is for.

The primary key of an account is for where the account points now: it is what it sends with. Another
one keeps the SID that it was entered for. A key that no encryption key opens stays as it is: it has
to be entered again anyway. Can be begun again: what is bound already has a host.
"""

from django.db import migrations, transaction

from invocations.models.encryption import Sealed, Unreadable, decrypt, encrypt

PLACE = "invocations_apikey.key:"


def bind(apps, schema_editor):
    using = schema_editor.connection.alias
    keys = apps.get_model("invocations", "ApiKey").objects.using(using)
    columns = ("pk", "key", "sid", "is_primary", "account__sid", "account__pod__api_domain")
    for pk, sealed, sid, is_primary, present_sid, host in keys.filter(host="").values_list(*columns):
        sid = present_sid if is_primary or not sid else sid
        try:
            text = decrypt(sealed.token, f"{PLACE}{pk}")
        except Unreadable:
            continue
        bound = Sealed(encrypt(text, f"{PLACE}{pk} {host} {sid}"))
        with transaction.atomic(using=using):
            keys.filter(pk=pk).update(key=bound, host=host, sid=sid)


def unbind(apps, schema_editor):
    keys = apps.get_model("invocations", "ApiKey").objects.using(schema_editor.connection.alias)
    for pk, sealed, host, sid in keys.exclude(host="").values_list("pk", "key", "host", "sid"):
        try:
            text = decrypt(sealed.token, f"{PLACE}{pk} {host} {sid}")
        except Unreadable:
            continue
        keys.filter(pk=pk).update(key=Sealed(encrypt(text, f"{PLACE}{pk}")), host="")


class Migration(migrations.Migration):

    dependencies = [
        ("invocations", "0060_keys"),
    ]

    operations = [
        migrations.RunPython(bind, unbind, elidable=True),
    ]
