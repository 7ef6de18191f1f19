"""Results: where Kaleyra posts them, and those that match nothing yet."""
