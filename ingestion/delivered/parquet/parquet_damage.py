"""Whether a file's bytes can be read at all: only where they can is a reader's error the deliverer's to mend."""

import os

from ingestion.delivered.delivered_file import not_read

BLOCK_BYTES = 4 * 1024 * 1024


def check_bytes_can_be_read(shown: str, descriptor: int) -> None:
    """Reads every byte of a file whose reader failed, and opens it anew as the reader does.

    Raises:
        SourceUnavailable: it cannot be read, which is the disk's or the machine's fault.
    """
    try:
        at = 0
        while block := os.pread(descriptor, BLOCK_BYTES, at):
            at += len(block)
        os.close(os.open(f"/dev/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC))  # too many open files look like damage
    except OSError as error:
        raise not_read(shown, "read", error) from None
