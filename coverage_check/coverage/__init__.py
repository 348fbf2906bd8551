"""Files → snapshot → availabilities."""
