"""The fixtures that tests of databases share."""

from tests.services.mariadb import mariadb  # noqa: F401
from tests.worlds.app_on_servers import maria  # noqa: F401
