from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from shared.catalogue import check_input
from shared.errors import AtelierError, BadFile, InvalidInput
from tests.support.parts import gather
from tests.unit.families.painting_gan.support import (
    TINY,
    TINY_CLASSES,
    load_version,
    make_request,
)
from worker.families.painting_gan import FAMILY, sampling
from worker.families.painting_gan.engine import PaintingEngine
from worker.families.painting_gan.painter import LoadedPainter
from worker.family import Product, Request


def made(loaded: LoadedPainter, request: Request) -> list[Product]:
    (found,) = outcomes(loaded, [request])
    if isinstance(found, AtelierError):
        raise found
    return found


def outcomes(loaded: LoadedPainter, requests: Sequence[Request]) -> list[list[Product] | AtelierError]:
    return gather(PaintingEngine().generate(loaded, requests), len(requests))


def outputs(products: list[Product]) -> list[bytes]:
    return [product.data for product in products if product.role == "output"]


def role(products: list[Product], name: str, position: int = 0) -> Product:
    return next(p for p in products if p.role == name and p.position == position)


def pixels(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_every_picture_has_a_thumbnail_and_a_latent_beside_it(loaded: LoadedPainter) -> None:
    products = made(loaded, make_request("generate", count=3, seed=7))
    assert [(p.role, p.position) for p in products] == [
        (kind, position) for position in range(3) for kind in ("output", "thumbnail", "latent")
    ]
    output = role(products, "output", 1)
    assert (output.width, output.height, output.media_type) == (32, 32, "image/png")
    assert pixels(output.data).size == (32, 32)
    assert Image.open(io.BytesIO(role(products, "thumbnail").data)).format == "WEBP"


def test_the_same_request_gives_the_same_bytes(loaded: LoadedPainter) -> None:
    request = make_request("generate", count=2, seed=3)
    assert [p.data for p in made(loaded, request)] == [p.data for p in made(loaded, request)]


def test_seeds_give_different_pictures(loaded: LoadedPainter) -> None:
    assert len(set(outputs(made(loaded, make_request("generate", count=6, seed=1))))) == 6


@pytest.mark.parametrize("shape", [1, 2, 4, 7])
def test_a_batch_equals_each_request_alone(loaded: LoadedPainter, shape: int) -> None:
    loaded.shape = shape
    requests = [
        make_request("generate", count=3, seed=40),
        make_request("mix", seed_a=1, seed_b=2),
        make_request("neighbours", parent_seed=9, count=2, seed=5),
        make_request("interpolate", seed_a=3, seed_b=4, frames=3),
        make_request("generate", count=1, seed=41),
    ]
    together = outcomes(loaded, requests)
    for request, found in zip(requests, together, strict=True):
        assert not isinstance(found, AtelierError)
        assert [p.data for p in found] == [p.data for p in made(loaded, request)]
    first, last = together[0], together[-1]
    assert isinstance(first, list) and isinstance(last, list)
    assert pixels(outputs(first)[1]).tobytes() == pixels(outputs(last)[0]).tobytes()


@pytest.mark.parametrize("operation", ["generate", "mix", "neighbours", "interpolate"])
def test_the_recipe_inside_the_file_makes_the_same_bytes_again(loaded: LoadedPainter, operation: str) -> None:
    chosen: dict[str, dict[str, Any]] = {
        "interpolate": {"frames": 4, "format": "apng"},
        "generate": {"count": 3},
    }
    given = chosen.get(operation, {})
    products = made(loaded, make_request(operation, None, **given))
    for data in outputs(products):
        image = Image.open(io.BytesIO(data))
        recipe = json.loads(image.info["atelier"])
        assert image.info["atelier"] == json.dumps(
            recipe, sort_keys=True, ensure_ascii=False, separators=(",", ":")
        )
        assert (
            recipe["version"] == "v"
            and recipe["operation"] == operation
            and recipe["family"] == "painting_gan"
        )
        complete = check_input(FAMILY.description.operation(operation), recipe["input"])
        assert complete == recipe["input"]
        again = made(loaded, Request("other", operation, recipe["version"], complete))
        assert outputs(again) == [data]


def test_a_result_can_be_the_parent_of_the_next(loaded: LoadedPainter) -> None:
    first = made(loaded, make_request("generate", count=2, seed=20, psi=0.6))
    latents = [role(first, "latent", position).data for position in range(2)]
    files = {"parent_a": latents[0], "parent_b": latents[1]}
    start = made(loaded, make_request("mix", files, amount=0))
    assert pixels(outputs(start)[0]).tobytes() == pixels(outputs(first)[0]).tobytes()
    middle = made(loaded, make_request("mix", files, amount=0.5))
    both = made(loaded, make_request("mix", seed_a=20, seed_b=21, psi=0.6, amount=0.5))
    assert pixels(outputs(middle)[0]).tobytes() == pixels(outputs(both)[0]).tobytes()
    again = made(
        loaded, make_request("neighbours", {"parent": role(middle, "latent").data}, count=1, strength=0)
    )
    assert pixels(outputs(again)[0]).tobytes() == pixels(outputs(middle)[0]).tobytes()


def test_layers_take_their_own_part_of_the_second_picture(loaded: LoadedPainter) -> None:
    found = {
        layers: outputs(made(loaded, make_request("mix", seed_a=1, seed_b=2, amount=1, layers=layers)))[0]
        for layers in ("all", "coarse", "middle", "fine")
    }
    assert len({pixels(data).tobytes() for data in found.values()}) == 4


@pytest.mark.parametrize("layers", [4, 5, 6, 7])
def test_coarse_middle_and_fine_share_out_all_layers(layers: int) -> None:
    parts = [list(range(layers))[sampling.layer_range(name, layers)] for name in ("coarse", "middle", "fine")]
    assert all(parts) and [one for part in parts for one in part] == list(range(layers))
    assert list(range(layers))[sampling.layer_range("all", layers)] == list(range(layers))


def test_truncation_zero_leaves_only_the_noise_apart(tmp_path: Path) -> None:
    loaded = load_version(tmp_path)
    for name, value in loaded.generator.named_parameters():
        if name.endswith("noise_weight"):
            value.zero_()
    shown = outputs(made(loaded, make_request("generate", count=2, seed=1, psi=0)))
    assert pixels(shown[0]).tobytes() == pixels(shown[1]).tobytes()


@pytest.mark.parametrize(
    ("form", "kind", "media_type"),
    [("gif", "GIF", "image/gif"), ("apng", "PNG", "image/apng"), ("webp", "WEBP", "image/webp")],
)
def test_a_way_is_an_animation(loaded: LoadedPainter, form: str, kind: str, media_type: str) -> None:
    def frames(*, back: bool) -> int:
        request = make_request("interpolate", seed_a=1, seed_b=2, frames=5, format=form, back=back)
        output = role(made(loaded, request), "output")
        assert output.media_type == media_type
        image = Image.open(io.BytesIO(output.data))
        assert image.format == kind and image.size == (32, 32)
        return int(getattr(image, "n_frames", 1))

    assert (frames(back=False), frames(back=True)) == (5, 8)


def test_the_recipe_is_inside_gif_and_webp_too(loaded: LoadedPainter) -> None:
    for form in ("gif", "webp"):
        output = role(
            made(loaded, make_request("interpolate", seed_a=1, seed_b=2, frames=3, format=form)), "output"
        )
        image = Image.open(io.BytesIO(output.data))
        text = image.info["comment"].decode() if form == "gif" else image.getexif()[0x010E]
        assert json.loads(text) == output.recipe


def test_a_sheet_shows_every_frame_and_the_ends_are_the_two_pictures(loaded: LoadedPainter) -> None:
    request = make_request("interpolate", seed_a=1, seed_b=2, frames=10, format="sheet")
    laid = pixels(outputs(made(loaded, request))[0])
    assert laid.size == (8 * 32, 2 * 32)
    first = pixels(outputs(made(loaded, make_request("generate", count=1, seed=1)))[0])
    assert laid.crop((0, 0, 32, 32)).tobytes() == first.tobytes()


def test_classes_are_chosen_by_name_or_by_the_seed(tmp_path: Path) -> None:
    loaded = load_version(tmp_path, TINY_CLASSES)
    by_name = [
        outputs(made(loaded, make_request("generate", count=1, seed=4, class_name=name)))[0]
        for name in ("calm", "storm", "")
    ]
    calm, storm, any_class = (pixels(data).tobytes() for data in by_name)
    assert calm != storm and any_class == calm


@pytest.mark.parametrize(("config", "word"), [(TINY, "without classes"), (TINY_CLASSES, "calm, storm")])
def test_an_unknown_class_fails_alone(tmp_path: Path, config: object, word: str) -> None:
    loaded = load_version(tmp_path, TINY_CLASSES if config is TINY_CLASSES else TINY)
    good, bad = make_request("generate", seed=1), make_request("generate", seed=1, class_name="wild")
    first, second, third = outcomes(loaded, [good, bad, good])
    assert isinstance(second, InvalidInput) and second.field == "class_name" and word in str(second)
    assert isinstance(first, list) and first == third


@pytest.mark.parametrize("data", [b"", b"\x80\x02cos\nsystem\n", b"\xff" * 64, b"\x10" + b"\0" * 40])
def test_a_hostile_latent_fails_alone_naming_its_field(loaded: LoadedPainter, data: bytes) -> None:
    good, bad = make_request("generate", seed=1), make_request("mix", {"parent_b": data}, seed_a=1)
    first, second = outcomes(loaded, [good, bad])
    assert isinstance(first, list)
    assert isinstance(second, BadFile) and second.field == "parent_b" and second.code == "not_a_latent"


def test_a_latent_of_another_version_is_refused(loaded: LoadedPainter) -> None:
    request = make_request("generate", count=1, seed=1)
    foreign = Request(request.job_id, request.operation, "w", request.input)
    latent = role(made(loaded, foreign), "latent").data
    with pytest.raises(InvalidInput, match="another version"):
        made(loaded, make_request("neighbours", {"parent": latent}))


def test_the_largest_seed_is_followed_by_the_first(loaded: LoadedPainter) -> None:
    products = made(loaded, make_request("generate", count=2, seed=2**31 - 1))
    recipe = role(products, "output", 1).recipe
    assert recipe is not None and recipe["input"]["seed"] == 0


def test_generating_leaves_the_global_chance_alone(loaded: LoadedPainter) -> None:
    before = torch.get_rng_state()
    made(loaded, make_request("generate", count=2, seed=1))
    assert torch.equal(torch.get_rng_state(), before)
