"""The compiled twin of the SNMP decoder. Everything else about the package is in setup.cfg.

Optional: without a C compiler or Python's headers the package installs all the same, and the decoder in Python is used.
"""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "trapline.snmp._twin",
            ["backend/trapline/snmp/_twin.c"],
            depends=["backend/trapline/snmp/_twin_octets.h", "backend/trapline/snmp/_twin_usm.h"],
            extra_compile_args=["-O2", "-Wall", "-Wextra"],
            py_limited_api=True,
            optional=True,
        )
    ]
)
