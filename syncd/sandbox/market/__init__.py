"""What all marketplaces of the sandbox share: packages with a life, the truth about them, and their generator.

A marketplace's own room (`sandbox/trendyol/` …) exports two functions from its `__init__`: `seeded(options, clock) ->
state` and `app(state) -> ASGIApp`. Its `state` has an attribute `market`, a `Market` made by
`seeded_market(TRAITS[name], options, clock)` (`market/seed.py`); its credentials and limits come from `SandboxOptions`
(`trendyol_seller_id` …; `market_limits` off means no request limits).

The app reads packages only by `market.listed()` (for lists: nothing while the market is silent) or `market.find(…)`
(for single look-ups), and renders them in the marketplace's own shape from what a `Package` says. What it writes must
come to what `market/truth.py` says: a `Billing` tells which discounts the seller's invoice leaves out.

The modules: `package` (the data and the `Kind`s of orders), `market` (the state and what happens in it), `truth`,
`generate` (orders with their lives), `goods` and `people` (what they are made of), `seed` (the three marketplaces'
`Traits`), `ids` (GUIDs and barcodes).
"""
