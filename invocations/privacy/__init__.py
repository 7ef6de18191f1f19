"""What is removed once it is not needed any more, and who may see whole numbers until then."""
