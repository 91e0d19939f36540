"""Starts the driver: `python <this folder> <root> <original root>`, requests on stdin, answers on stdout (JSON lines)."""

import sys

if __name__ == "__main__":
    _folder = sys.path.pop(0)  # ours: must not shadow modules of the project
    import importlib.util
    import os

    _spec = importlib.util.spec_from_file_location(
        "_tercet_driver", os.path.join(_folder, "__init__.py"), submodule_search_locations=[_folder]
    )
    assert _spec is not None
    assert _spec.loader is not None
    _package = importlib.util.module_from_spec(_spec)
    sys.modules["_tercet_driver"] = _package
    _spec.loader.exec_module(_package)
    _warm = importlib.import_module("_tercet_driver.warm")
    _warm.main(sys.argv[1], sys.argv[2])
