"""What a file is for, told by its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tercet_server.files.purposes import Purpose, purpose_of


@pytest.mark.parametrize(
    ("path", "purpose"),
    [
        ("pyproject.toml", Purpose.DEPENDENCIES),
        ("web/package-lock.json", Purpose.DEPENDENCIES),
        ("requirements-dev.txt", Purpose.DEPENDENCIES),
        (".github/workflows/ci.yml", Purpose.BUILDING),
        ("deploy/Dockerfile.web", Purpose.BUILDING),
        ("Makefile", Purpose.BUILDING),
        ("makefile", Purpose.BUILDING),
        (".vscode/tasks.json", Purpose.BUILDING),
        ("scripts/deploy-all.sh", Purpose.BUILDING),
        ("deployment.py", None),
        ("config/app.yaml", Purpose.SETTINGS),
        ("shop/settings.py", Purpose.SETTINGS),
        ("infra/main.tf", Purpose.SETTINGS),
        ("shop/auth.py", Purpose.SECURITY),
        ("src/LoginForm.tsx", Purpose.SECURITY),
        ("shop/permissions/rules.py", Purpose.SECURITY),
        ("lib/checkJWT.js", Purpose.SECURITY),
        ("shop/author.py", None),
        ("shop/cart.py", None),
        ("docs/security.md", None),
        ("makefile_reader.py", None),
        ("github/api.py", None),
    ],
)
def test_a_files_purpose_is_told_by_its_name(path: str, purpose: Purpose | None):
    assert purpose_of(path) is purpose


@given(st.text(min_size=1, max_size=80))
def test_any_name_has_one_or_none(path: str):
    assert purpose_of(path) in {None, *Purpose}
