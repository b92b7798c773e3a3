"""The whole system in a cluster, as an operator puts it there, and the people who use it meanwhile."""
