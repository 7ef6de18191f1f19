"""Trouble that lasts: noticed, shown, told by mail, and over by itself.

`watching` opens and closes incidents, `words` says what one is about, `mails` tells those who asked for it (ALERT_EMAILS).
"""
