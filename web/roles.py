"""What a family is there for, told from its operations: to make works, to judge them, to find some."""

from shared.catalogue import FamilyDescription, OperationDescription

#: The media of a family that learns from works of every kind.
ANY = "any"
#: Operations by which families look at a work and help with the next; whoever has one is asked for it.
ANALYZE, INSPIRE, ADVISE = "analyze", "inspire", "advise"
#: The operation by which a maker is asked for new works by others.
GENERATE = "generate"
MAKER, ANALYSER, MUSE = "maker", "analyser", "muse"
_REFERENCES = frozenset({"artifact", "dataset", "version"})


def role(family: FamilyDescription) -> str:
    """``MAKER``, ``ANALYSER`` or ``MUSE``; empty for a family that is none of these."""
    if makes_works(family):
        return MAKER
    names = {operation.name for operation in family.operations if operation.needs == "version"}
    if INSPIRE in names:
        return MUSE
    return ANALYSER if ANALYZE in names else ""


def makes_works(family: FamilyDescription) -> bool:
    """Whether new works come from a version of this family without another work to begin from."""
    return family.media != ANY and any(_begins_from_nothing(one) for one in family.operations)


def _begins_from_nothing(operation: OperationDescription) -> bool:
    properties = operation.input_schema.get("properties", {})
    needed = [properties.get(name, {}) for name in operation.input_schema.get("required", ())]
    return operation.needs == "version" and not any(one.get("format") in _REFERENCES for one in needed)
