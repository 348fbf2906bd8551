"""Real components and real files."""
