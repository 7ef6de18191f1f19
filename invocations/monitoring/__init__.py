"""What a person or a monitor must know."""
