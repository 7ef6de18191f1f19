"""Channels that are not stored, with an admin's rules for their values."""

from invocations.models import Channel, Parameter


class ChannelWithRules(Channel):
    """`rules` stand in for the stored parameters."""

    class Meta:
        proxy = True
        app_label = "invocations"

    rules: tuple[Parameter, ...] = ()

    @property
    def parameters(self):
        return self

    def all(self):
        return self.rules


def channel(kind="sms", text="{#var#}", otp=False, *, texts=None, **rules):
    """rules: by key, what `Parameter` takes."""
    words = {"kind": kind, "template_text": text, "is_otp": otp, **(texts or {})}
    made = ChannelWithRules(pk=1, position=2, **words)  # only a saved channel is asked for rules
    made.rules = tuple(Parameter(key=key.strip("_"), **words) for key, words in rules.items())
    return made
