"""Beside nginx: what its log says of each request, counted for Prometheus."""
