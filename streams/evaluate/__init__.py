"""Evaluate: how well the predictions would have done on a log from a file, without broker or store."""
