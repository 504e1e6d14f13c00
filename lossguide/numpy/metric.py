"""Losses on embeddings: alike together, unlike apart."""

__all__: list[str] = []
