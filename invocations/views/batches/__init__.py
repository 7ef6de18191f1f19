"""Pages of batches: upload, match and check, confirm, progress."""
