"""The gateway: nginx, rendered from the route table."""
