"""Who is at the browser: sessions, proofs of identity, and limits of sign-in."""
