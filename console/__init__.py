"""What people use, and the one place that wires."""
