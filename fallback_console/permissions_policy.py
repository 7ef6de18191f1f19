"""Permissions-Policy: every feature of a browser that the console does not use is off.

The names are those that Chromium 156 knows, and those that older versions or other systems know.
A browser ignores a name that it does not know, and warns of it in the console of each page: so
names that are only proposed, or behind a flag of the browser, do not stand here.
`tests/edges/test_browser.py` fails when Chromium has a new one.
"""

from __future__ import annotations

from collections.abc import Collection

_OF_PAGES = """
accelerometer aria-notify attribution-reporting autoplay bluetooth browsing-topics camera
captured-surface-control clipboard-read clipboard-write compute-pressure cross-origin-isolated
deferred-fetch deferred-fetch-minimal digital-credentials-create digital-credentials-get
direct-sockets display-capture encrypted-media fullscreen gamepad geolocation gyroscope hid
identity-credentials-get idle-detection interest-cohort join-ad-interest-group keyboard-map
language-detector language-model local-fonts local-network local-network-access loopback-network
magnetometer media-playback-while-not-visible microphone midi on-device-speech-recognition
otp-credentials payment picture-in-picture private-aggregation private-state-token-issuance
private-state-token-redemption publickey-credentials-create publickey-credentials-get
run-ad-auction screen-wake-lock serial shared-storage shared-storage-select-url smart-card
speaker-selection storage-access summarizer sync-xhr translator unload usb web-share
window-management xr-spatial-tracking
"""
_CLIENT_HINTS = """
ch-device-memory ch-downlink ch-dpr ch-ect ch-prefers-color-scheme ch-prefers-reduced-motion
ch-prefers-reduced-transparency ch-rtt ch-save-data ch-ua ch-ua-arch ch-ua-bitness
ch-ua-form-factors ch-ua-full-version ch-ua-full-version-list ch-ua-high-entropy-values
ch-ua-mobile ch-ua-model ch-ua-platform ch-ua-platform-version ch-ua-wow64 ch-viewport-height
ch-viewport-width ch-width
"""
FEATURES = (_OF_PAGES + _CLIENT_HINTS).split()


def permissions_policy(used: Collection[str]) -> str:
    """The header's value: the console's own pages may use `used`, nobody anything else."""
    return ", ".join(f"{name}=({'self' if name in used else ''})" for name in FEATURES)
