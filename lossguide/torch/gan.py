"""Adversarial losses: what critic, discriminator and generator minimize, and cycle consistency."""

__all__: list[str] = []
