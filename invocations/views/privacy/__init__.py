"""Erasing a person: the form, and the receipts."""
