"""Which arm of the scoring carries out a remedy that the diagnosis recommends."""

# Remedies that need no more than their word; arm_of knows the others.
ARMS = {"layer-by-layer": "population", "pooled": "pooled", "batch-average": "batch-average", "bias-corrected": "bias-corrected",
        "without-padding": "unpadded", "recomputed-on-judged": "judged", "momentum": "batch-average", "shuffled-batches": "retrained"}


def rows_at_once(train):
    """Rows that share batch statistics in a training."""
    parts = train.get("accumulate", 1) * (train.get("replicas", 1) if train.get("sync", "none") != "batch-statistics" else 1)
    return max(1, train.get("batch_size", 32) // parts)


def arm_of(remedy, way, network):
    """The arm that carries out a recommended remedy, or None."""
    rows = rows_at_once(network["plan"].config["train"] if way == "history" else {})
    if remedy in ("mixed", "example-weighing"):
        return f"mixed:{rows}" if remedy == "mixed" else f"weighed:{rows}"
    if remedy == "moving-variance":  # the twin's training has just this other option
        return "retrained" if network.get("is_of_variance_rule") else None
    return ARMS.get(remedy)
