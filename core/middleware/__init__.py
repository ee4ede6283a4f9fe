"""What every request passes through; the order stands in the settings."""
