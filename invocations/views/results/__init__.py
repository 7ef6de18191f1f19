"""The endpoint that Kaleyra posts results to, its set-up page, and unmatched results."""
