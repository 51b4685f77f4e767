"""Operating the site: dashboard, status, health, metrics, logs, audit, cheating report, backup and jobs."""
