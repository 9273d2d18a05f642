"""A stand-in for a WooCommerce shop's REST API v3."""
