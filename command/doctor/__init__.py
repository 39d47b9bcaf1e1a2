"""`cmn doctor`: is everything there that a run needs, and is every file of state as it was written?"""
