"""Laws that random numbers obey, counted, for the scripts beside this one: a law that does not hold prints a line with FAILED."""
checked = 0


def law(name, holds, text):
    global checked
    checked += 1
    if not holds:
        print(f"{name}: {text} FAILED")


def print_count():
    print(f"{checked} laws hold")


def flat(value):
    """The numbers of nested lists."""
    return [e for part in value for e in flat(part)] if isinstance(value, list) else [value]
