"""Address → location. Each geocoder keeps every candidate and never simply takes the first hit."""
