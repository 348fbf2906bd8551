"""Speed and memory, measured beside the peers; never timed asserts."""
