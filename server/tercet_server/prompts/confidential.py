"""Which files never leave the workspace, whatever is in them: those whose purpose is to hold secrets. Judges by path alone."""

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

EXAMPLES = ("*.example", "*.sample", "*.template", "*.dist")
"""Made to be shown: these are no secrets even where the name says `.env`."""

NAMES = (
    ".env",
    ".env.*",
    "*.env",
    ".envrc",
    "secrets.*",
    "secret.*",
    "credentials",
    "credentials.*",
    "client_secret*.json",
    "service-account*.json",
    "service_account*.json",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".yarnrc.yml",
    ".pypirc",
    ".pgpass",
    ".my.cnf",
    ".htpasswd",
    ".git-credentials",
    ".dockercfg",
    ".vault-token",
    "*.tfvars",
    "*.tfstate",
    "kubeconfig",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "*.pem",
    "*.key",
    "*.p8",
    "*.p12",
    "*.pfx",
    "*.ppk",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "*.gpg",
)
FOLDERS = frozenset({".ssh", ".gnupg", ".aws", ".azure", ".gcloud", ".kube", ".docker", "secrets"})
SOURCE = frozenset(
    {".py", ".pyi", ".js", ".ts", ".tsx", ".jsx", ".go", ".rs", ".java", ".rb", ".c", ".cpp", ".h", ".cs"}
)
"""A module called `secrets.py` is code; what is in it is looked at by the redaction."""


def is_confidential(path: str) -> bool:
    """`path` is relative to the workspace, with forward slashes. Upper and lower case are alike."""
    pure = PurePosixPath(path.lower())
    if pure.suffix in SOURCE:
        return False
    if any(fnmatchcase(pure.name, pattern) for pattern in EXAMPLES):
        return False
    if FOLDERS.intersection(pure.parts[:-1]):
        return True
    return any(fnmatchcase(pure.name, pattern) for pattern in NAMES)
