"""The chain in one process, each result kept in a file of its own."""

import os
import pickle
import sys

number = 0
for step in range(int(sys.argv[1])):
    print(number)
    number = number + 1
    with open(f"{step}.part", "wb") as file:  # noqa: PTH123 - the fewest imports that do the work
        pickle.dump(number, file)
    os.rename(f"{step}.part", f"{step}.pickle")  # noqa: PTH104 - the same
