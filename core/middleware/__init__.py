"""What every request passes through. One module per subject; settings.MIDDLEWARE has the order."""
