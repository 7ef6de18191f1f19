"""How an invocation is told and found."""
