"""What the scripts in .ci/ do beside running tests: records of passed commits, tags, messages to developers."""
