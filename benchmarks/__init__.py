"""Long measurements, kept as data: how fast losses are, how those of other libraries compare, simulations."""
