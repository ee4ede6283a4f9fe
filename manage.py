#!/usr/bin/env python
"""Django's command line. `python3 dev.py manage …` runs it with the environment and the database set up."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "myproject.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
