"""The figures of scripts/plot.py: one function each, from tables to a matplotlib figure."""
from .accuracy import accuracy_vs_batch_size, learning_curves
from .gap import gap_vs_batch_size, gap_vs_eval_batch_size
from .moving import moving_vs_population, statistics_over_steps

# In the order in which they are drawn; a function's name is its file's name.
FIGURES = [gap_vs_batch_size, gap_vs_eval_batch_size, accuracy_vs_batch_size, learning_curves, moving_vs_population,
           statistics_over_steps]
