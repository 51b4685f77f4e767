"""``/deploy production`` in Slack: a service on the machine that packs, which asks back and runs .ci/production."""
