"""What a new shop's warehouse starts from."""


def seed_inventory() -> None:
    """Nothing yet: the warehouse comes with the stock engine."""
