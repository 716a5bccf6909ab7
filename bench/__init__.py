"""One script a figure of docs/performance.md. Each prints the machine, the date, and ratios from one run."""
