"""The tests. `unit` runs alone and without the network; `acceptance` holds tables that sales can read."""
