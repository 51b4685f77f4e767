"""A whole site on one Debian machine: ``infinity up NAME``, and the other commands of ``/usr/bin/infinity``.

Runs as root with Debian's Python and its standard library alone, so it works whatever state the program's own
environment is in. Every step first looks whether there is anything to do, so a run that was cut off anywhere is
completed by the next.
"""
