"""The figures of scripts/plot.py.  Each figure is a function that turns tables into a matplotlib figure."""
from .accuracy import accuracy_vs_batch_size, learning_curves
from .gap import gap_vs_batch_size, gap_vs_eval_batch_size
from .moving import gap_along_depth, moving_vs_population, statistics_over_steps

# The functions are in the order in which they draw.  The name of a function is the name of its file.
FIGURES = [gap_vs_batch_size, gap_vs_eval_batch_size, accuracy_vs_batch_size, learning_curves, moving_vs_population,
           statistics_over_steps, gap_along_depth]
