"""Manual sync: who is who in both systems, and what follows."""
