"""The benchmarks: `python -m bench` (or `make bench`), tables of ratios measured in one run.

Every module with a function ``measure(ground) -> Table`` that is named in :mod:`bench.__main__` is a bench of its own.
Ratios hold from machine to machine, absolute figures do not; so whatever is compared is measured in turns, in the same
seconds, and since other work on the machine can only add to a figure, the lower quartile of the turns is told. Never
part of the tests, and nothing of the program depends on it.
"""
