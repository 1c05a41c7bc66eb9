"""Sentiment: how customers sound in what they write, learned online from the texts that come with a rating."""
