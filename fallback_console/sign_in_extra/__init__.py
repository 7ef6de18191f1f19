"""Second factor and single sign-on, an optional extra with django-allauth. Off by default.

`configuration` is read with the settings and imports nothing of allauth. Everything else here is
imported only where the extra is on: then `apps.SignInExtraConfig` is an installed app.
"""
