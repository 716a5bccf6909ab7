import pytest

from shared import errors
from shared.errors import AtelierError, BadFile, InvalidInput
from shared.ids import ALPHABET, LENGTH, new_id


def every_error() -> list[type[AtelierError]]:
    return [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AtelierError)
    ]


def test_ids_are_unique_sortable_and_plain() -> None:
    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(len(one) == LENGTH and set(one) <= set(ALPHABET) for one in made)
    assert [one[:12] for one in made] == sorted(one[:12] for one in made)


def test_every_error_has_a_stable_code_of_its_own() -> None:
    codes = [kind.code for kind in every_error()]
    assert len(set(codes)) == len(codes)
    assert all(code == code.lower() and " " not in code for code in codes)


def test_a_problem_names_the_code_the_field_and_what_to_do() -> None:
    problem = InvalidInput("psi is above 2, the most", field="psi", detail={"most": 2}).problem()
    assert problem == {
        "type": "urn:atelier:problem:invalid_input",
        "title": "invalid input",
        "status": 422,
        "detail": "psi is above 2, the most",
        "code": "invalid_input",
        "field": "psi",
        "extra": {"most": 2},
    }


def test_an_error_may_carry_a_finer_code() -> None:
    error = BadFile("not a picture", code="not_an_image")
    assert (error.code, BadFile.code) == ("not_an_image", "bad_file")
    with pytest.raises(AtelierError, match="not a picture"):
        raise error
