"""A stand-in for Paraşüt's API v4, as strict as its published description."""
