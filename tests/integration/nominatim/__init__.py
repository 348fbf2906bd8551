"""A real Nominatim for the tests."""
