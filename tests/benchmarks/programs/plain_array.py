"""A 512 MiB array through a file, in one process."""

import numpy as np

array = np.ones(2**26)
np.save("array.npy", array)
del array
print(np.load("array.npy").sum())
