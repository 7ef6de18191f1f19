"""What Kaleyra reports back."""
