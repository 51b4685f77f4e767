"""Operation: dashboard, status, health, metrics, logs, audit, cheating report, backup, jobs."""
