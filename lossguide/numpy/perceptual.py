"""Losses on what images look like: features, structural similarity, topology."""

__all__: list[str] = []
