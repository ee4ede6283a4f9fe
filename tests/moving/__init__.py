"""A model moves between two small apps in two shops, with the code of before and the new code side by side.

`before/` and `after/` are the apps; `worker.py` runs in a process of its own for each of the two, does what it is asked
for and answers; `driver.py` starts these and leads them through the stages of a move.
"""
