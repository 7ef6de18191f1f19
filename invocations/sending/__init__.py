"""The one way a message leaves: record, claim, attempt, store the outcome."""
