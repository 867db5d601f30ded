"""Numbers with their nouns, as people write them."""


def counted(number: int, noun: str) -> str:
    """`counted(1, "case")` is "1 case", `counted(1_200, "case")` is "1,200 cases"."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
