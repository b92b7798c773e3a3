"""Threads of comments on passages of a document."""
