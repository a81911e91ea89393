"""Pipelines on a host with Docker Compose, reached over SSH."""
