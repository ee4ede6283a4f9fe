"""What happens to the stock when everything goes wrong at once: many workers, kills, crashes, lost answers, defects.

`python3 dev.py chaos` runs it all on a database server of its own; docs/chaos.md says what each part proves. The test
suite runs the same code with small numbers.
"""
