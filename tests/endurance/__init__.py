"""Long runs of what the tests run shortly."""
