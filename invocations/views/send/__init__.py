"""The send page, its review and what belongs to it."""
