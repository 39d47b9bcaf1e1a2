"""`cmn anonymise`: the recoding engine on any table."""
