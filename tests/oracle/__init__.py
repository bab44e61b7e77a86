"""A second, naive implementation of the domain, and random worlds in which Keyday is compared with it."""
