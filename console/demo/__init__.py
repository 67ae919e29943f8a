"""The demo: everything on one machine, a story that plays, and a proof at the end."""
