"""Losses of class scores: is the right class ahead, and by how much?"""

__all__: list[str] = []
