"""Which files are never shown to a model, whatever is in them: those whose purpose is to hold secrets. Judges by path alone."""

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from tercet_server.files.selection import is_secret

EXAMPLES = ("*.example", "*.sample", "*.template", "*.dist")
"""Made to be shown: these are no secrets even where the name says `.env`."""

NAMES = (
    "*.env",
    "secrets.*",
    "secret.*",
    "credentials",
    "credentials.*",
    "client_secret*.json",
    "service-account*.json",
    "service_account*.json",
    "_netrc",
    ".yarnrc.yml",
    ".my.cnf",
    ".dockercfg",
    ".vault-token",
    "*.tfvars",
    "*.tfstate",
    "kubeconfig",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.p8",
    "*.ppk",
    "*.kdbx",
    "*.gpg",
)
"""Beyond the files that stay out of private copies: tests may need these, a model does not."""

FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker", "secrets"})
SOURCE = frozenset(
    {".py", ".pyi", ".js", ".ts", ".tsx", ".jsx", ".go", ".rs", ".java", ".rb", ".c", ".cpp", ".h", ".cs"}
)
"""A module called `secrets.py` is code; what is in it is looked at by the redaction."""


def is_confidential(path: str) -> bool:
    """`path` is relative to the workspace, with forward slashes. Upper and lower case are alike."""
    pure = PurePosixPath(path.casefold())
    if is_secret(pure.name):
        return True
    if pure.suffix in SOURCE or any(fnmatchcase(pure.name, pattern) for pattern in EXAMPLES):
        return False
    if FOLDERS.intersection(pure.parts[:-1]):
        return True
    return any(fnmatchcase(pure.name, pattern) for pattern in NAMES)
