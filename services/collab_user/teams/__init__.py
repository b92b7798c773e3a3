"""Teams: people who are given access together. The document service keeps a copy, which is told of every change."""
