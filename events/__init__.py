"""The facts of Keyday: what came in and what was decided, as pure data."""

from zoneinfo import reset_tzpath

# Everything imports this package. From here on zones come from the locked `tzdata`: the machine's own rules
# would come first, and machines with rules of different years would not find the same midnights.
reset_tzpath(())
