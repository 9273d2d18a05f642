"""Stand-ins for the outside world over real HTTP on the loopback address. Imports nothing else of syncd."""
