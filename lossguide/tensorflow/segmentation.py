"""Losses on masks: pixels, regions and thin structures."""

__all__: list[str] = []
