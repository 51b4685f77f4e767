"""What leaves the site: mail, the organisers’ chat, team webhooks. Queued in the outbox."""
