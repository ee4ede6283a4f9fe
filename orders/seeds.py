"""What a new shop's order book starts from."""


def seed_orders() -> None:
    """Nothing yet: the statuses come with the orders."""
