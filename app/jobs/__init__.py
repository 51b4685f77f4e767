"""What happens by itself, again and again. A list of jobs, and the scheduler that runs them.

Nothing correct depends on a job: start, end and timed unlocks are worked out from the clock whenever somebody looks.
Jobs tidy up, keep a process in step and warn. They run in serving processes only, never in tests or commands.
"""
