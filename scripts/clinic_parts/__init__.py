"""The parts of scripts/clinic."""
