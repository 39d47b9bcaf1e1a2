"""`make audit`: exit 1 where a locked version is known to be vulnerable, 3 where the service could not be asked."""

import argparse
import sys
from pathlib import Path

from tests.supply_chain.audit import audit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pip-audit", type=Path, required=True)
    parser.add_argument("--requirements", type=Path, default=Path("requirements.lock"))
    parser.add_argument("--service", choices=("pypi", "osv"), default="osv")
    options = parser.parse_args()
    found = audit(options.pip_audit, options.requirements, options.service)
    print("\n".join(found.lines), file=sys.stderr if found.code else sys.stdout)
    return found.code


if __name__ == "__main__":
    sys.exit(main())
