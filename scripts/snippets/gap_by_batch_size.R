# Rscript scripts/snippets/gap_by_batch_size.R [RESULTS]: writes gap_by_batch_size.png
library(ggplot2)

results <- c(commandArgs(trailingOnly = TRUE), "results/quickstart")[1]
compare <- read.csv(file.path(results, "compare.csv"))
rows <- subset(compare, split == "test" & mode_a == "train" & mode_b == "eval" & eval_batch_size == batch_size)
figure <- ggplot(rows, aes(batch_size, relative_gap, colour = norm)) +
  geom_point(alpha = 0.4) +
  stat_summary(fun = mean, geom = "line") +
  scale_x_continuous(trans = "log2", breaks = unique(rows$batch_size)) +
  labs(x = "training batch size", y = "relative gap, train against eval mode")
ggsave("gap_by_batch_size.png", figure, width = 6, height = 4)
