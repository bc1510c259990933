"""Encoders that read pictures."""
