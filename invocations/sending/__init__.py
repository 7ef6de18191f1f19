"""Sends messages: record, claim, attempt, store the outcome. Nothing else posts a message."""
