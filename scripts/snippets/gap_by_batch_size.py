# python3 scripts/snippets/gap_by_batch_size.py [RESULTS]: writes gap_by_batch_size.png
import sys

import pandas as pd
from matplotlib import pyplot

results = sys.argv[1] if len(sys.argv) > 1 else "results/quickstart"
compare = pd.read_csv(f"{results}/compare.csv")
rows = compare.query("split == 'test' and mode_a == 'train' and mode_b == 'eval' and eval_batch_size == batch_size")
gap = rows.groupby(["batch_size", "norm"])["relative_gap"].mean().unstack()
print(gap)
gap.plot(marker="o", logx=True, xlabel="training batch size", ylabel="relative gap, train against eval mode")
pyplot.savefig("gap_by_batch_size.png")
