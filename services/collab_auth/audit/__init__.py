"""The audit log: what was done to whose account, by whom and from where. Nothing in it is changed."""
