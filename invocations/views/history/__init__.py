"""Pages that list, show, export and settle invocations."""
