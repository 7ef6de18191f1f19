"""The trail: who did what, when, in rows that are only added."""
