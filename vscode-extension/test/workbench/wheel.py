"""Writes a wheel named tercet whose `tercet-lsp` is the language server under test: `wheel.py FOLDER LANGUAGE_SERVER`.

Installing it takes the same way as installing Tercet, without its dependencies and without a network.
"""

import sys
import zipfile
from pathlib import Path

NAME = "tercet-0.1.0"
FILES = {
    "{name}.dist-info/METADATA": "Metadata-Version: 2.1\nName: tercet\nVersion: 0.1.0\n",
    "{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "{name}.dist-info/entry_points.txt": "[console_scripts]\ntercet-lsp = tercet_test_launcher:main\n",
    "{name}.dist-info/RECORD": "",
    "tercet_test_launcher.py": "import os, sys\n\ndef main():\n    os.execv({program!r}, [{program!r}, *sys.argv[1:]])\n",
}

folder, program = sys.argv[1:]
with zipfile.ZipFile(Path(folder) / f"{NAME}-py3-none-any.whl", "w") as wheel:
    for path, content in FILES.items():
        wheel.writestr(path.format(name=NAME), content.format(program=program))
