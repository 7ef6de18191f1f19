"""Set-up pages outside the admin site."""
