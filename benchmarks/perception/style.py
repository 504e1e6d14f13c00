"""Make the pictures of the chapter on style, and measure what its lab judges.

    python -m benchmarks.perception.style            both, about eleven minutes on one core
    python -m benchmarks.perception.style pictures   the pictures alone

The functions are those of the lab: its cells tagged "longer" are executed. Pictures go to book/_static/pictures, or to
the folder that the environment variable OUT names.
"""

import os
import sys
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from benchmarks.labs import ROOT, names_of, store

SIZE = 512  # of the picture that opens the chapter
SEEDS = range(5)
PICTURES = Path(os.environ.get("OUT", ROOT / "book" / "_static" / "pictures"))

lab: dict[str, Any] = {}


def save(name: str, *rows: list[Tensor]) -> None:
    """Rows of pictures, as one."""
    shown = [torch.cat([lab["rgb"](one) for one in row], 3) for row in rows]
    pixels = torch.cat(shown, 2)[0].permute(1, 2, 0).clamp(0, 1).mul(255).round()
    PICTURES.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels.byte().cpu().numpy())
    image.save(PICTURES / f"{name}.webp", quality=85, method=6)


def photo(pair: dict[str, Any], size: int) -> Tensor:
    image: Tensor = lab["photograph"](size=size, **pair).to(lab["DEVICE"])
    return image


def transfer(content: Any, style: Any, size: int = 256, **options: Any) -> Tensor:
    """A picture, from 128 pixels up to its size; gray styles keep the colors of the content."""
    sizes = [128 * 2**n for n in range((size // 128).bit_length())]
    steps = [60, 50, 50][: len(sizes)]
    image: Tensor = lab["pyramid"](content, style, sizes, steps, **options)
    if not options.get("color", True):
        image = lab["recolor"](image, photo(content, size))
    return image


def pictures() -> None:
    """The pictures that the chapter shows."""
    pairs = lab["PAIRS"]
    cat, brick = pairs["cat in brick"]
    save("style-cat", [transfer(cat, brick, SIZE, color=False)])
    save("style-content-and-style", [photo(cat, 256), photo(brick, 256)])

    rows = []
    for content, style, options in (
        (*pairs["astronaut in gravel"], {"color": False, "style_weight": 25}),
        (*pairs["coffee in grass"], {"color": False}),
        (*pairs["rocket in vessels"], {}),
    ):
        shown = [photo(one, 256) for one in (content, style)]
        rows.append([*shown, transfer(content, style, **options)])
    save("style-pairs", *rows)

    pair = pairs["astronaut in gravel"]
    save(
        "style-weights",
        [transfer(*pair, color=False, style_weight=ratio) for ratio in (1, 5, 25, 125)],
    )

    cat, cup = (photo(one, 256) for one in (lab["CAT"], {"name": "coffee"}))
    by_l2 = lab["paint"](cat, lab["l2_loss"](cat, cup))
    save("style-position", [cat, cup, by_l2, transfer(lab["CAT"], {"name": "coffee"})])

    targets = [lab["quarters"](name)[0] for name in lab["TEXTURES"]]
    save(
        "style-textures",
        targets,
        [lab["synthesize"](one, seed=0) for one in targets],
        [lab["random_phase"](one, 0) for one in targets],
    )

    save(
        "style-tv",
        [
            lab["noise_of"](pairs["rocket in vessels"], net, tv, size=256)[0]
            for net in ("once", "enlarged")
            for tv in (0.0, 1.0)
        ],
    )


def statistics_factors(maps: dict[str, Tensor]) -> dict[str, float]:
    """Factors under which each layer counts alike in ``statistics_loss``."""
    factors = {}
    for name in lab["STYLE"]:
        mean, deviation = lab["lt"].channel_statistics(maps[name])
        energy = mean.square().sum() + deviation.square().sum()
        factors[name] = 1 / (len(lab["STYLE"]) * energy.item())
    return factors


def textures() -> dict[str, list[list[bool]]]:
    """Whether each texture is recognized, for each seed, in what was made in several ways."""
    statistics = {"loss": lab["lt"].statistics_loss, "factors": statistics_factors}
    ways = {
        "photograph": lambda image, seed: image,
        "gram": lab["synthesize"],
        "gram, not enlarged": lambda image, seed: lab["synthesize"](
            image, seed, net=lab["NETS"]["once"]
        ),
        "statistics": lambda image, seed: lab["synthesize"](image, seed, **statistics),
        "spectrum and values": lab["random_phase"],
        "values": lab["shuffle_pixels"],
    }
    return {
        way: [
            [
                lab["nearest"](make(lab["quarters"](name)[seed % 4], seed), seed % 4)
                == name
                for name in lab["TEXTURES"]
            ]
            for seed in SEEDS
        ]
        for way, make in ways.items()
    }


def noise() -> list[dict[str, Any]]:
    """The fine detail of each pair: from the content and from noise, with two networks, without and with TV."""
    runs = []
    for number, (name, pair) in enumerate(lab["PAIRS"].items()):
        for net in lab["NETS"]:
            for start, seed in (("content", None), ("noise", number)):
                for tv in (0.0, 1.0):
                    _, detail, style = lab["noise_of"](pair, net, tv, seed)
                    run = {"pair": name, "net": net, "start": start, "tv": tv}
                    runs.append(
                        run | {"detail": round(detail, 3), "style": round(style, 4)}
                    )
    return runs


if __name__ == "__main__":
    lab |= names_of("style", "longer", {})
    pictures()
    if sys.argv[1:] != ["pictures"]:
        store("style", {"textures": textures(), "noise": noise()})
