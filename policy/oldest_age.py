"""The oldest age that counts: a birth date that says more is no birth date, and every open band of ages ends here."""

from typing import Final

#: Years. Above it a birth date counts as impossible (contract, section 4), and no band begins.
OLDEST_AGE: Final = 120
