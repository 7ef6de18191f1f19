"""The results that Kaleyra posts: storing them, matching them to invocations, applying them."""
