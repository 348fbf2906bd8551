"""Decisions → what people and other systems read."""
