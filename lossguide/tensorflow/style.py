"""Losses on content, style and smoothness of images."""

__all__: list[str] = []
