"""What people and monitoring systems need to see: pauses, incidents, statistics, metrics."""
