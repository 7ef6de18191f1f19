"""The dashboard, pauses and health."""
