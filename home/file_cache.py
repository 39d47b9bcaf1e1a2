"""DuckDB's own cache of what it read from files, which every connection of this project goes without."""

from typing import Final

#: Of a file that was replaced within the second by one of the same size, the cache may hand out the old bytes: it looks
#: at whole seconds, at the size and at the inode, which a file without a name may inherit.
NO_STALE_BYTES: Final = {"enable_external_file_cache": "false"}
