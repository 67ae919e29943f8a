"""What it costs, beside its peers, in one run on one machine. `make bench` prints it."""
