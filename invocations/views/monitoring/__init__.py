"""The dashboard, stopping and resuming, and the endpoints for monitors."""
