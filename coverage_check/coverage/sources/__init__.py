"""One reader a format: a file of an operator → polygons with their CRS and attributes.

`formats` is the table of what can be read; `delivery` takes private, hashed copies of the files; a reader turns one such
copy into `Features`. Readers run only in the worker process that `coverage.isolation` starts.
"""
