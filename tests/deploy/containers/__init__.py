"""deploy/compose and deploy/swarm on a real container engine, which sees nothing of this machine's own network."""
