"""What an invocation's status and results mean to people, and how invocations are found."""
