"""A painting GAN version to measure with: the starter's, or an untrained one of the same size."""

from pathlib import Path

from safetensors.torch import save

from bench.stack import Stack
from shared.artifacts import open_store
from shared.jobs import NewVersion
from shared.library import ensure_model, insert_version
from shared.migrate import OWNER, open_database
from shared.settings import load_settings

FAMILY = "painting_gan"


def version_of(stack: Stack) -> str:
    """A version that the stack can serve; how fast it is does not depend on what it has learned."""
    for model in stack.http.get("/v1/models").raise_for_status().json()["results"]:
        if model["family"] == FAMILY and model["latest_version"]:
            return str(model["latest_version"]["id"])
    return insert_untrained(stack.home)


def insert_untrained(home: Path) -> str:
    """Put an untrained 64-pixel generator into the library of ``home`` and give its version."""
    import torch

    from worker.families.painting_gan import FAMILY_VERSION
    from worker.families.painting_gan.generator import Generator
    from worker.families.painting_gan.network_config import default_config
    from worker.families.painting_gan.weights import generator_weights

    settings = load_settings(home=home)
    torch.manual_seed(0)
    config = default_config(64)
    weights = save(generator_weights(Generator(config)))
    db = open_database(settings)
    model = ensure_model(db, owner_id=OWNER, name="bench", family=FAMILY, title="Bench")
    blob = open_store(settings.store_url).put(weights)
    new = NewVersion(blob, FAMILY, FAMILY_VERSION, config.to_dict(), {})
    with db.begin() as connection:
        version = insert_version(connection, new, model_id=model.id, job_id=None)
    db.engine.dispose()
    return version
