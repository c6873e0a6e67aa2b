/* The registry of data sources: one line each. */
X(csv)
X(hdf5)
X(idx)
