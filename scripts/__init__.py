"""What is run by hand, or by tests, to keep the repository: it is no part of the package."""
