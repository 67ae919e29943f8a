"""Letters sent again: what would come of it, a plan, a run (R-91, R-92)."""
