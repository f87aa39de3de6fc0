"""What is done on events: handlers, their registry, and the running of actions."""
