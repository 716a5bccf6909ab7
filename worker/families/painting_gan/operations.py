"""The family's operations as the catalogue gets them. No torch here."""

from __future__ import annotations

from shared.catalogue import OperationDescription
from worker.schemas import Schema, checkbox, choice, integer, number, operation_schema, seed, text

MOST_PICTURES = 64

_PSI = number(
    "Truncation",
    "How far pictures may stray from the average one. Near 0 they are safe and alike, at 1 as "
    "varied "
    "and as rough as the training left them.",
    0.85,
    0.0,
    1.5,
    step=0.05,
)
_CLASS = text("Class", "For versions trained with classes: which class to make. Empty: any.", advanced=True)
_COUNT = integer("Pictures", "How many pictures to make; each gets the next seed.", 4, 1, MOST_PICTURES)


def _parent(title: str, description: str) -> Schema:
    """An earlier picture."""
    return {
        "type": "string",
        "format": "artifact",
        "x-role": "latent",
        "title": title,
        "description": description,
        "x-widget": "artifact",
    }


def _ends() -> Schema:
    return {
        "parent_a": _parent(
            "First picture", "An earlier result to start from. Without one, the first seed is used."
        ),
        "seed_a": seed("First seed", "The picture to start from, when no earlier result is chosen."),
        "parent_b": _parent(
            "Second picture", "An earlier result to go to. Without one, the second seed is used."
        ),
        "seed_b": seed("Second seed", "The picture to go to, when no earlier result is chosen."),
    }


GENERATE = OperationDescription(
    name="generate",
    title="Make pictures",
    description="New pictures from random seeds.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "count": _COUNT,
            "seed": seed(
                "Seed", "The number the first picture grows from. The same seed gives the same picture."
            ),
            "psi": _PSI,
            "class_name": _CLASS,
        }
    ),
    batchable=True,
    cost={"cpu": 0.3, "cuda": 0.05},
)

MIX = OperationDescription(
    name="mix",
    title="Mix two",
    description="One picture between two others, whole or layer by layer.",
    lane="interactive",
    input_schema=operation_schema(
        {
            **_ends(),
            "amount": number(
                "Amount", "How much of the second picture comes in: 0 none, 1 all.", 0.5, 0, 1, step=0.05
            ),
            "layers": choice(
                "Layers",
                "What is taken from the second picture: coarse is the composition, middle the shapes, "
                "fine color and texture.",
                "all",
                ("all", "coarse", "middle", "fine"),
            ),
            "psi": _PSI,
            "class_name": _CLASS,
        }
    ),
    batchable=True,
    cost={"cpu": 0.1, "cuda": 0.03},
)

INTERPOLATE = OperationDescription(
    name="interpolate",
    title="Travel",
    description="A smooth way from one picture to another, as an animation or a sheet.",
    lane="interactive",
    input_schema=operation_schema(
        {
            **_ends(),
            "frames": integer("Frames", "How many pictures the way has.", 24, 2, 120),
            "format": choice(
                "Format",
                "webp is small, apng is exact, gif plays everywhere, sheet is one still picture of all "
                "frames.",
                "webp",
                ("webp", "apng", "gif", "sheet"),
            ),
            "fps": integer("Speed", "Frames a second in an animation.", 12, 1, 30, advanced=True),
            "back": checkbox(
                "There and back", "Play the way back too, so that the loop has no jump.", default=True
            ),
            "psi": _PSI,
            "class_name": _CLASS,
        }
    ),
    cost={"cpu": 1.0, "cuda": 0.2},
)

NEIGHBOURS = OperationDescription(
    name="neighbours",
    title="Variations",
    description="Pictures close to one that you like.",
    lane="interactive",
    input_schema=operation_schema(
        {
            "parent": _parent("Picture", "The earlier result to vary. Without one, the seed below is used."),
            "parent_seed": seed("Picture's seed", "The picture to vary, when no earlier result is chosen."),
            "count": integer("Variations", "How many variations to make.", 8, 1, MOST_PICTURES),
            "strength": number(
                "Strength", "How far the variations go: 0 not at all, 1 very far.", 0.3, 0, 1, step=0.05
            ),
            "seed": seed("Variation seed", "Which variations: another number gives others."),
            "psi": _PSI,
            "class_name": _CLASS,
        }
    ),
    batchable=True,
    cost={"cpu": 0.3, "cuda": 0.05},
)

_LENGTH: Schema = {
    "minutes": number(
        "Minutes", "How long to train. Waiting in the queue does not count.", 60, 0.1, 10080, step=1
    ),
    "kimg": {
        "type": "number",
        "title": "Length in kimg",
        "minimum": 0.01,
        "maximum": 100000,
        "x-step": 1,
        "x-widget": "number",
        "x-advanced": True,
        "description": "Thousands of pictures shown to the network. When given, it counts instead of the "
        "minutes.",
    },
}

_NETWORK: Schema = {
    "discriminator": choice(
        "Critic",
        "projected judges with a network that has seen a million photographs: good within an hour from 50 "
        "works on. scratch learns to judge from your pictures alone: needs thousands of works and a GPU.",
        "projected",
        ("projected", "scratch"),
        advanced=True,
    ),
    "loss": choice(
        "Loss",
        "What the two networks play for. recommended is hinge for projected and relativistic for scratch; "
        "minimax is the game of the first GAN paper.",
        "recommended",
        ("recommended", "hinge", "relativistic", "minimax"),
        advanced=True,
    ),
    "batch": integer(
        "Batch", "Pictures a step. More is steadier and slower.", 16, 4, 128, step=4, advanced=True
    ),
    "devices": integer(
        "Devices",
        "On how many devices of one worker the training runs at once. They share each batch: the result is "
        "nearly the same and only comes sooner; the batch must be a multiple of four times the devices.",
        1,
        1,
        8,
        advanced=True,
    ),
    "width": number(
        "Width", "Multiplies the channels of the generator.", 1.0, 0.125, 2.0, step=0.125, advanced=True
    ),
    "learning_rate": number(
        "Learning rate",
        "How big the steps are. Lower it when samples jump about.",
        4e-4,
        1e-5,
        2e-3,
        step=1e-5,
        advanced=True,
    ),
    "ema_kimg": number(
        "Averaging",
        "Half-life of the averaged weights in kimg: longer is smoother and slower to show progress.",
        2.0,
        0.0,
        500.0,
        step=0.5,
        advanced=True,
    ),
    "projector_pixels": choice(
        "Critic's view",
        "Pixels at which the projected critic looks: more shows it finer strokes and takes longer. "
        "0 chooses by the resolution.",
        0,
        (0, 64, 96, 128, 160, 192, 224, 256),
        advanced=True,
    ),
    "matching": number(
        "Matching",
        "How strongly the means and deviations of batches are matched too (projected only): more gives more "
        "variety early.",
        5.0,
        0.0,
        100.0,
        step=0.5,
        advanced=True,
    ),
    "gamma": number(
        "Penalty",
        "Strength of the gradient penalties (scratch only).",
        2.0,
        0.0,
        100.0,
        step=0.05,
        advanced=True,
    ),
}

TRAIN = OperationDescription(
    name="train",
    title="Train on your pictures",
    description="Learns from a data set and becomes a version that makes new pictures of that kind.",
    lane="training",
    input_schema=operation_schema(
        {
            "dataset": {
                "type": "string",
                "format": "dataset",
                "title": "Data set",
                "x-widget": "dataset",
                "description": "The pictures to learn from. 50 are the least that makes sense; some "
                "hundreds are good.",
            },
            "resolution": choice(
                "Resolution",
                "Pixels along one side of the pictures it will make. Doubling it takes about four times "
                "as long.",
                64,
                (32, 64, 128, 256),
            ),
            **_LENGTH,
            "only": text(
                "Only", "Learn from a part of the data set: a label and its value, such as style=ukiyo_e."
            ),
            "label": text(
                "Classes", "The label (such as style) by which pictures can be asked for later. Empty: none."
            ),
            "augmentation": choice(
                "Augmentation",
                "Changes the critic sees pictures through, so that few works last longer. full is for "
                "under a hundred pictures.",
                "light",
                ("none", "light", "full"),
                advanced=True,
            ),
            "mirror": checkbox("Mirror", "Show half of the pictures mirrored.", default=True, advanced=True),
            "seed": seed("Seed", "Where all chance in the training comes from."),
            **_NETWORK,
            "snapshot_kimg": number(
                "Grids",
                "A grid of samples every so many kimg; every fourth is scored.",
                1.0,
                0.01,
                1000.0,
                step=0.5,
                advanced=True,
            ),
        },
        required=("dataset",),
    ),
    needs="dataset",
    # The first scoring of a large data set takes minutes on a slow core.
    stall_seconds=900.0,
    cost={"cpu": 3600.0, "cuda": 1800.0},
)

OPERATIONS = (GENERATE, MIX, INTERPOLATE, NEIGHBOURS, TRAIN)
