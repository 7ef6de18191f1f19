"""Set-up pages that are not the admin’s own."""
