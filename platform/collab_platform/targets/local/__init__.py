"""The local target: every component a process on this machine, under supervisord."""
