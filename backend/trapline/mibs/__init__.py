"""MIBs: what the numbers in a trap are called. Vendor MIBs are compiled by the command line, off the hot path.

Consumes: MIB files (`trapline mib add`), and what is built in: the standard modules that others import from.
Produces: TRAPLINE_HOME/mibs/MODULE.json, one compiled module each, replaced in one step.
Key:      the module's name, as its text says it.
Delivery: the inbox reads them at each look; normalize when it starts, and looks names up only while it reads its rules.
State:    the folder; it can be deleted and made again from the MIB files.
"""
