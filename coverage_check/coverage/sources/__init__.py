"""One reader a format: a file of an operator → polygons with their CRS and attributes."""
