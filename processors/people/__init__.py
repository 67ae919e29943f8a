"""What is going on with one person, in words of a payroll office; pure, from one snapshot."""
