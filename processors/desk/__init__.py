"""The operator's desk: what is shown of letters, and what is not (R-89, R-90, R-103)."""
