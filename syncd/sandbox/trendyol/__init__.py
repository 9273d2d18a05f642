"""A stand-in for Trendyol's order services: the stream that connectors poll, and the paged list beside it."""
