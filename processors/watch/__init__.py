"""What watch makes of outcomes and letters: the error log, the timeline, letters' states (R-89).

Facts first (what a batch of records says), then what follows from all that is kept: so neither the
order in which the two topics are read, nor repeats, nor where a worker was killed, matter.
"""
