"""The ports, implemented. Foreign errors end here."""
