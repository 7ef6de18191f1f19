"""Files of recipients: reading them, and finding which column holds what."""
