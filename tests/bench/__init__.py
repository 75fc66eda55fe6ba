"""What the desk costs, as ratios within one run: `make bench`.

The unit is the server CPU of one plain page of a bare Quart application under the same uvicorn settings, in a process
of its own. Servers are measured from outside, by what the system says that their process used; clients are others.
"""
