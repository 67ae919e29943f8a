"""The rules, as pure functions, and the processes that apply them."""
