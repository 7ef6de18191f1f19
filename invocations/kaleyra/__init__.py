"""Kaleyra's Fallback Invocation API: requests, replies, callbacks. No Django, models, settings."""
