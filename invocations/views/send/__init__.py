"""The send page with its review, presets and the person's own number."""
