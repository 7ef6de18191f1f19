"""What Kaleyra's Fallback Invocation API says, and how to say it. Pure Python: no Django, no models, no settings."""
