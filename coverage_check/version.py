"""The version, read here by the package, by pyproject.toml, and by nobody's metadata search, which takes 20 ms."""

__version__ = "0.1.0"
