"""One's sessions: where one is signed in, and ending that."""
