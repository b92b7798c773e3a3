"""Full-text search over titles and texts, of what the caller may read and nothing else."""
