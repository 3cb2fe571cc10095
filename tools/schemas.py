"""Write every JSON Schema to `docs/schemas/`, as `estimator schema NAME` prints it."""

import json
from pathlib import Path

from estimator.schemas import SCHEMAS, schema_of

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "schemas"

for name in SCHEMAS:
    text = json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
