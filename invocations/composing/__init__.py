"""From values to a message that may be sent."""
